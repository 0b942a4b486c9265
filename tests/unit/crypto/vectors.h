// Known answers from text files of "NAME = value" lines, as NIST's CAVS and Debian's
// python3-cryptography-vectors have them: a blank line ends a record, "[...]" lines name the section, '#'
// starts a comment.
#pragma once

#include <istream>
#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace keyline::test {

struct Vector {
    std::string section;  // the last "[...]" line, without brackets
    std::map<std::string, std::string> fields;
    int line = 0;  // of the record's first field, for failure messages

    bool has(const std::string& name) const { return fields.contains(name); }
    const std::string& text(const std::string& name) const;
    // The value as hexadecimal; a failure of the test when it is missing or malformed.
    Bytes octets(const std::string& name) const;
    unsigned long number(const std::string& name) const;
};

std::vector<Vector> read_vectors(std::istream& text);

// Of a file of the package, by its path under "cryptography_vectors/". A missing file fails the test and
// names the package.
std::vector<Vector> published_vectors(const std::string& file);

// Of a file of NIST's that tests/unit/fetch-vectors has fetched. A missing one fails the test and names that.
std::vector<Vector> fetched_vectors(const std::string& file);

// Of a file beside the test's sources.
std::vector<Vector> own_vectors(const std::string& file);

}  // namespace keyline::test

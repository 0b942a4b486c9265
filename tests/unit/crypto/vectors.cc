#include "vectors.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace keyline::test {
namespace {

std::string trimmed(const std::string& text) {
    const auto first = text.find_first_not_of(" \t\r");
    return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::vector<Vector> read_file(const std::string& path, const std::string& remedy) {
    std::ifstream file(path);
    if (!file) {
        ADD_FAILURE() << path << " is missing: " << remedy;
        return {};
    }
    auto vectors = read_vectors(file);
    EXPECT_FALSE(vectors.empty()) << path << " holds no vectors";
    return vectors;
}

}  // namespace

std::vector<Vector> read_vectors(std::istream& text) {
    std::vector<Vector> vectors;
    Vector current;
    const auto finish = [&] {
        if (current.fields.empty()) return;
        vectors.push_back(current);
        current.fields.clear();
    };
    std::string raw;
    for (int number = 1; std::getline(text, raw); ++number) {
        const std::string line = trimmed(raw);
        if (line.starts_with('#')) continue;
        const auto equals = line.find('=');
        if (line.starts_with('[')) {
            finish();
            current.section = line.substr(1, line.find(']') - 1);
        } else if (equals == std::string::npos) {
            finish();
        } else {
            if (current.fields.empty()) current.line = number;
            current.fields[trimmed(line.substr(0, equals))] = trimmed(line.substr(equals + 1));
        }
    }
    finish();
    return vectors;
}

const std::string& Vector::text(const std::string& name) const {
    static const std::string kNone;
    const auto field = fields.find(name);
    if (field != fields.end()) return field->second;
    ADD_FAILURE() << "the vector of line " << line << " has no " << name;
    return kNone;
}

Bytes Vector::octets(const std::string& name) const {
    const auto value = from_hex(text(name));
    if (!value) ADD_FAILURE() << name << " of line " << line << " is not hexadecimal";
    return value.value_or(Bytes{});
}

unsigned long Vector::number(const std::string& name) const { return std::stoul(text(name)); }

std::vector<Vector> published_vectors(const std::string& file) {
    return read_file(std::string(KEYLINE_PUBLISHED_VECTORS) + "/" + file,
                     "install python3-cryptography-vectors");
}

std::vector<Vector> fetched_vectors(const std::string& file) {
    const char* const folder = std::getenv("KEYLINE_VECTORS");
    return read_file(std::string(folder ? folder : "/var/cache/keyline/vectors") + "/" + file,
                     "tests/unit/fetch-vectors fetches it");
}

std::vector<Vector> own_vectors(const std::string& file) {
    return read_file(std::string(KEYLINE_OWN_VECTORS) + "/" + file, "it belongs to the source tree");
}

}  // namespace keyline::test

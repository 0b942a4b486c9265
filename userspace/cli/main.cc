// keyline(8).
#include <exception>
#include <iostream>

#include "cli/command_line.h"

int main(int argc, char** argv) {
    try {
        return keyline::cli::run(argc, argv, std::cout, std::cerr);
    } catch (const std::exception& error) {
        std::cerr << "keyline: " << error.what() << '\n';
        return keyline::cli::kFailure;
    }
}

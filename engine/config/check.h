// SPDX-License-Identifier: GPL-3.0-or-later
// Check: a document against the schema. Internal to the room; pure.
#pragma once

#include "engine/config/document.h"
#include "engine/config/schema.h"

#include <map>
#include <optional>
#include <utility>

namespace sluice::config {

// Collects problems with their places; keeps the first thousand.
class Report {
public:
    explicit Report(std::string fileName) : file_(std::move(fileName)) {}
    void error(const Place &, std::string what, std::string hint = {});
    void warning(const Place &, std::string what, std::string hint = {});
    void add(Problems);  // of the file or of the command line
    bool hasErrors() const { return errors_; }
    // Sorted by line and column, errors before warnings of the same place.
    Problems take();

private:
    void add(Problem);
    std::string file_;
    Problems problems_;
    size_t more_ = 0;
    bool errors_ = false;
};

// What the file names, for references and their hints.
struct Names {
    std::optional<std::vector<std::string>> services, authenticators, limits;  // nothing: the table cannot be read
};
Names namesOf(const Node &root);

// Empty: fine. Else what is wrong, as "must be …" with a hint. `text` is a scalar's.
struct Complaint {
    std::string what, hint;
    bool fine() const { return what.empty(); }
};
Complaint checkScalar(const Row &, const std::string &text, const Names &);
// "a whole number from 0 to 1000"
std::string expectation(const Row &);

// Every key known, every value of its type and within its bounds, every reference answered, everything required there.
// A key that is not in effect yet gives one warning where it stands. Secrets that are `missing` are errors, but warnings where a file
// that is missing would be one too (a key of TLS: its listener stays closed), and nothing where the key is not in effect yet.
using MissingSecrets = std::map<std::pair<int, int>, Problem>;  // by line and column
void checkDocument(const Node &root, const Names &, const MissingSecrets &missing, Report &);
// What the schema's rows cannot say: which keys belong together, and that names are given once.
void checkRelations(const Node &root, Report &);

}  // namespace sluice::config

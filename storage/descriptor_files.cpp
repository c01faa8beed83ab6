// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/descriptor_files.h"

#include <cerrno>
#include <cstring>
#include <fstream>

namespace sluice::storage {

namespace {
constexpr size_t most = size_t(8) << 20;
}

DescriptorFiles readDescriptorFiles(const config::Plan &plan)
{
    DescriptorFiles out;
    for (const config::ServiceSettings &service : plan.services) {
        if (service.descriptorSet.empty())
            continue;
        const std::string what = "the descriptor set " + service.descriptorSet + " of service " + service.name;
        errno = 0;
        std::ifstream file(service.descriptorSet, std::ios::binary);
        std::string bytes(most + 1, 0);
        file.read(bytes.data(), std::streamsize(bytes.size()));
        bytes.resize(size_t(std::max<std::streamsize>(file.gcount(), 0)));
        if (!file.is_open() || file.bad() || (bytes.empty() && errno != 0))
            out.troubles.push_back(what + " cannot be read: " + std::strerror(errno));
        else if (bytes.size() > most)
            out.troubles.push_back(what + " is larger than 8 MiB");
        else
            out.sets.emplace_back(service.name, std::move(bytes));
    }
    return out;
}

}  // namespace sluice::storage

#include "bpfmap/bpf_map.h"

#include <bpf/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace keyline::bpfmap {

std::expected<Map, std::string> Map::open_pinned(const std::string& path) {
    const int fd = bpf_obj_get(path.c_str());
    if (fd < 0) {
        return std::unexpected(path + ": " + std::strerror(errno));
    }
    return Map(fd);
}

Map& Map::operator=(Map&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
}

Map::~Map() {
    if (fd_ >= 0) {
        ::close(fd_);
    }
}

std::uint32_t Map::max_entries() const {
    bpf_map_info info{};
    std::uint32_t length = sizeof(info);
    return bpf_obj_get_info_by_fd(fd_, &info, &length) == 0 ? info.max_entries : 0;
}

bool Map::lookup_octets(const void* key, void* value) const {
    return bpf_map_lookup_elem(fd_, key, value) == 0;
}

std::expected<void, std::string> Map::update_octets(const void* key, const void* value) const {
    if (bpf_map_update_elem(fd_, key, value, BPF_ANY) != 0) {
        return std::unexpected(std::strerror(errno));
    }
    return {};
}

bool Map::erase_octets(const void* key) const { return bpf_map_delete_elem(fd_, key) == 0; }

bool Map::next_key(const void* key, void* next) const { return bpf_map_get_next_key(fd_, key, next) == 0; }

std::expected<MappedMemory, std::string> MappedMemory::map(const Map& array, std::size_t octets,
                                                           bool writable) {
    const std::size_t page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    const std::size_t rounded = (octets + page - 1) / page * page;
    void* data =
        ::mmap(nullptr, rounded, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, array.fd(), 0);
    if (data == MAP_FAILED) {
        return std::unexpected(std::strerror(errno));
    }
    MappedMemory memory;
    memory.data_ = data;
    memory.octets_ = rounded;
    return memory;
}

MappedMemory::MappedMemory(MappedMemory&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), octets_(std::exchange(other.octets_, 0)) {}

MappedMemory& MappedMemory::operator=(MappedMemory&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(octets_, other.octets_);
    return *this;
}

MappedMemory::~MappedMemory() {
    if (data_ != nullptr) {
        ::munmap(data_, octets_);
    }
}

}  // namespace keyline::bpfmap

// The SAs of an instance as one worker sees them: the maps (shared/sa.h), and the key schedules it has made
// so far.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "fastpath/instance_maps.h"
#include "fastpath/packet_path.h"

namespace keyline::fastpath {

class SaTable : public SaSource {
  public:
    SaTable(const InstanceMaps& maps, CryptoEngine& engine) : maps_(maps), engine_(engine) {
        cached_.resize(maps.sa_state().size());
    }

    // Reads the SA from the maps when its epoch is new here.
    const SecurityAssociation* find(std::uint32_t index) override;
    std::uint32_t find_by_spi(const kl_spi_key& key) override;
    kl_slot_key hold_key(std::uint32_t rule, const kl_tuple& tuple) override;
    Awaited awaited(std::uint32_t rule, const kl_tuple& tuple) override;
    std::uint32_t mark_for(std::uint32_t rule, const kl_tuple& tuple) override;

    // Frees what `find` replaced. To be called between batches.
    void release_replaced() { replaced_.clear(); }
    // Wipes the key schedules of SAs that are gone. Costs a look at every index in use; once a second is
    // enough.
    void sweep();

  private:
    struct Entry {
        std::uint32_t epoch = 0;                  // 0: nothing known
        std::unique_ptr<SecurityAssociation> sa;  // nullptr: this epoch's SA cannot be used, and was reported
    };

    std::uint32_t user_of(std::uint32_t rule, const kl_tuple& tuple);
    // The outbound SA of a packet of the rule; nullopt: there is none.
    std::optional<kl_sa> sa_of(std::uint32_t rule, const kl_tuple& tuple);
    const SecurityAssociation* load(std::uint32_t index, std::uint32_t epoch);

    const InstanceMaps& maps_;
    CryptoEngine& engine_;
    std::vector<Entry> cached_;         // by index
    std::vector<std::uint32_t> known_;  // indices with an epoch
    std::vector<std::unique_ptr<SecurityAssociation>> replaced_;
};

}  // namespace keyline::fastpath

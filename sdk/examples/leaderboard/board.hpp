// board - points of many players, and the best of them in order.
//
// Throws std::bad_alloc; a board is as it was then.

#ifndef LEADERBOARD_BOARD_HPP
#define LEADERBOARD_BOARD_HPP

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

class Board {
  public:
    using Row = std::pair<std::int64_t, std::string>;

    [[nodiscard]] std::size_t size() const {
        return points_.size();
    }

    [[nodiscard]] bool has(const std::string &player) const {
        return points_.count(player) > 0;
    }

    // Returns what the player has then.
    std::int64_t add(const std::string &player, std::int64_t points) {
        const auto [known, fresh] = points_.try_emplace(player, 0);
        const std::int64_t sum = known->second + points;
        try {
            ranking_.emplace(sum, player);
        } catch (...) {
            if (fresh) {
                points_.erase(known);
            }
            throw;
        }
        if (!fresh && points != 0) {
            ranking_.erase(Row(known->second, player));
        }
        known->second = sum;
        return sum;
    }

    // Best first.
    [[nodiscard]] const auto &ranking() const {
        return ranking_;
    }

  private:
    struct Better {
        bool operator()(const Row &a, const Row &b) const {
            return a.first != b.first ? a.first > b.first : a.second < b.second;
        }
    };

    std::unordered_map<std::string, std::int64_t> points_;
    std::set<Row, Better> ranking_;
};

#endif

// leaderboard - who has the most points; a plugin in C++17.
//
//     -> {"event_type":"score.add","board":"chess","points":3,"ref":"1"}
//     -> {"event_type":"score.top","board":"chess","limit":10,"ref":"2"}
//     GET /api/scores/chess
//
// Two rules join the two worlds. Each function that the server calls is
// noexcept, and its body runs in guarded(): an exception ends as a status.
// And what the server lends is held by an object that gives it back.

#include <cstring>
#include <map>
#include <memory>
#include <new>

#include <nexus/sdk.h>

#include "board.hpp"

namespace {

constexpr std::int64_t points_max = 1000000;
constexpr std::int64_t top_max = 100;

std::string to_string(nx_str text) {
    return {text.ptr ? text.ptr : "", text.len};
}

nx_str to_nx(std::string_view text) {
    return nx_str_n(text.data(), text.size());
}

// An open writer. release() gives it to the call that consumes it; without,
// it is thrown away, also when an exception passes by.
class Writer {
  public:
    Writer(const nx_sdk &sdk, nx_writer *writer) : sdk_(sdk), writer_(writer) {
        if (!writer) {
            throw std::bad_alloc();
        }
    }
    ~Writer() {
        sdk_.json->discard(writer_);
    }
    Writer(const Writer &) = delete;
    Writer &operator=(const Writer &) = delete;

    nx_writer *get() {
        return writer_;
    }
    nx_writer *release() {
        return std::exchange(writer_, nullptr);
    }

  private:
    const nx_sdk &sdk_;
    nx_writer *writer_;
};

class Leaderboard {
  public:
    explicit Leaderboard(const nx_host *host) {
        nx_sdk_load(&sdk, host);
    }

    std::int32_t add(const nx_event *ev);
    std::int32_t top(const nx_event *ev);
    std::int32_t serve(const nx_http_request *request);
    nx_status save(const nx_state_writer *writer) const;
    nx_status restore(const nx_state_reader *reader);

    nx_plugin plugin{};
    nx_sdk sdk{};
    std::size_t max_boards = 0;
    std::size_t max_players = 0;

  private:
    [[nodiscard]] const Board *find(nx_str name) const {
        const auto found = boards_.find(to_string(name));
        return found == boards_.end() ? nullptr : &found->second;
    }
    void put_top(nx_writer *writer, const Board *board, std::int64_t limit);

    std::map<std::string, Board> boards_;
};

std::int32_t Leaderboard::add(const nx_event *ev) {
    static const nx_field fields[] = {
            {"board", NX_JSON_STRING, NX_FIELD_REQUIRED | NX_FIELD_NAME, 1, 64},
            {"points", NX_JSON_INT, NX_FIELD_REQUIRED, -points_max, points_max},
            {nullptr, 0, 0, 0, 0},
    };
    const nx_status status = sdk.json->expect(sdk.host, ev, fields);
    if (status != NX_OK) {
        return status;
    }
    const std::string name =
            to_string(sdk.json->str(sdk.json->get(ev->json, "board")));
    const std::string player = to_string(ev->user);
    std::int64_t points = 0;
    (void)sdk.json->i64(sdk.json->get(ev->json, "points"), &points);
    if (!boards_.count(name) && boards_.size() >= max_boards) {
        return nx_refuse(&sdk, ev->op, NX_ERR_LIMIT,
                "there are too many boards (plugins.leaderboard.boards)");
    }
    Board &board = boards_[name];
    if (!board.has(player) && board.size() >= max_players) {
        return nx_refuse(&sdk, ev->op, NX_ERR_LIMIT,
                "the board is full (plugins.leaderboard.players)");
    }
    Writer answer(sdk, sdk.json->object(sdk.host));
    sdk.json->put_i64(answer.get(), "points", board.add(player, points));
    (void)sdk.router->reply(sdk.host, ev->op, answer.release(), 0);
    return NX_DONE;
}

void Leaderboard::put_top(
        nx_writer *writer, const Board *board, std::int64_t limit) {
    sdk.json->begin_array(writer, "top");
    if (board) {
        for (const auto &[points, player] : board->ranking()) {
            if (limit-- <= 0) {
                break;
            }
            sdk.json->begin_object(writer, nullptr);
            sdk.json->put_str(writer, "user_id", to_nx(player));
            sdk.json->put_i64(writer, "points", points);
            sdk.json->end(writer);
        }
    }
    sdk.json->end(writer);
}

std::int32_t Leaderboard::top(const nx_event *ev) {
    static const nx_field fields[] = {
            {"board", NX_JSON_STRING, NX_FIELD_REQUIRED | NX_FIELD_NAME, 1, 64},
            {"limit", NX_JSON_INT, 0, 1, top_max},
            {nullptr, 0, 0, 0, 0},
    };
    const nx_status status = sdk.json->expect(sdk.host, ev, fields);
    if (status != NX_OK) {
        return status;
    }
    std::int64_t limit = 10;
    (void)sdk.json->i64(sdk.json->get(ev->json, "limit"), &limit);
    const Board *board = find(sdk.json->str(sdk.json->get(ev->json, "board")));
    Writer answer(sdk, sdk.json->object(sdk.host));
    put_top(answer.get(), board, limit);
    (void)sdk.router->reply(
            sdk.host, ev->op, answer.release(), NX_REPLY_RESULT);
    return NX_DONE;
}

std::int32_t Leaderboard::serve(const nx_http_request *request) {
    const Board *board = find(sdk.http->param(request, "board"));
    if (!board) {
        return NX_ERR_NOT_FOUND; // becomes a problem answer
    }
    Writer body(sdk, sdk.json->object(sdk.host));
    put_top(body.get(), board, top_max);
    (void)sdk.http->respond(sdk.host, request->op, 200, body.release());
    return NX_DONE;
}

// ---- from one instance to the next ----

struct Saved {
    std::uint32_t board_len;
    std::uint32_t player_len;
    std::int64_t points;
};

nx_status Leaderboard::save(const nx_state_writer *writer) const {
    for (const auto &[name, board] : boards_) {
        for (const auto &[points, player] : board.ranking()) {
            const Saved head{static_cast<std::uint32_t>(name.size()),
                    static_cast<std::uint32_t>(player.size()), points};
            std::string row(reinterpret_cast<const char *>(&head), sizeof head);
            row += name;
            row += player;
            const nx_status status =
                    writer->write(writer, row.data(), row.size());
            if (status != NX_OK) {
                return status;
            }
        }
    }
    return NX_OK;
}

nx_status Leaderboard::restore(const nx_state_reader *reader) {
    Saved head{};
    while (nx_state_read(reader, &head, sizeof head)) {
        if (head.board_len > reader->total || head.player_len > reader->total) {
            return NX_ERR_INVALID;
        }
        std::string name(head.board_len, '\0');
        std::string player(head.player_len, '\0');
        if (!nx_state_read(reader, name.data(), name.size())
                || !nx_state_read(reader, player.data(), player.size())) {
            return NX_ERR_INVALID;
        }
        boards_[name].add(player, head.points);
    }
    return NX_OK;
}

// ---- what the server calls ----

// No exception leaves the plugin: the server is C and cannot unwind.
template <typename Fn>
std::int32_t guarded(const Leaderboard *board, Fn &&fn) noexcept {
    try {
        return fn();
    } catch (const std::bad_alloc &) {
        return NX_ERR_NO_MEMORY;
    } catch (const std::exception &error) {
        nx_logf(&board->sdk, NX_LOG_ERROR, "an exception: %s", error.what());
    } catch (...) {
        nx_logf(&board->sdk, NX_LOG_ERROR, "an exception of a strange type");
    }
    return NX_ERR_INTERNAL;
}

Leaderboard *self(const nx_plugin *plugin) {
    return static_cast<Leaderboard *>(plugin->self);
}

const nx_setting settings[] = {
        {"boards", NX_SETTING_INT, NX_SETTING_LIVE, "100", "1..100000",
                "boards at most"},
        {"players", NX_SETTING_INT, NX_SETTING_LIVE, "10000", "1..1000000",
                "players of one board at most"},
        {nullptr, 0, 0, nullptr, nullptr, nullptr},
};

extern "C" {

static std::int32_t on_event(void *user, const nx_event *ev) noexcept {
    auto *board = static_cast<Leaderboard *>(user);
    return guarded(board, [=] {
        if (nx_str_is(ev->type, "score.add")) {
            return board->add(ev);
        }
        return nx_str_is(ev->type, "score.top") ? board->top(ev) : NX_PASS;
    });
}

static std::int32_t on_request(
        void *user, const nx_http_request *request) noexcept {
    auto *board = static_cast<Leaderboard *>(user);
    return guarded(board, [=] { return board->serve(request); });
}

static nx_status configure(nx_plugin *plugin, const nx_config *cfg, nx_diag *,
        std::uint32_t mode) noexcept {
    Leaderboard *board = self(plugin);
    const nx_config_v1 *config = board->sdk.config;
    if (mode == NX_CONFIGURE_APPLY) {
        board->max_boards =
                static_cast<std::size_t>(config->get_int(cfg, "boards"));
        board->max_players =
                static_cast<std::size_t>(config->get_int(cfg, "players"));
    }
    return NX_OK;
}

static nx_status start(
        nx_plugin *plugin, const nx_state_reader *prev) noexcept {
    Leaderboard *board = self(plugin);
    return guarded(board, [=]() -> nx_status {
        const nx_sdk &sdk = board->sdk;
        nx_status status =
                sdk.router->handle(sdk.host, "score.", on_event, board);
        if (status == NX_OK) {
            status = sdk.http->route(
                    sdk.host, "GET", "/api/scores/{board}", on_request, board);
        }
        return status == NX_OK && prev ? board->restore(prev) : status;
    });
}

static nx_status save_state(
        const nx_plugin *plugin, const nx_state_writer *writer) noexcept {
    const Leaderboard *board = self(plugin);
    return guarded(board, [=] { return board->save(writer); });
}

static void destroy(nx_plugin *plugin) noexcept {
    delete self(plugin);
}

static nx_status create(const nx_host *host, nx_plugin **out) noexcept {
    auto *board = new (std::nothrow) Leaderboard(host);
    if (!board) {
        return NX_ERR_NO_MEMORY;
    }
    board->plugin.struct_size = sizeof(board->plugin);
    board->plugin.self = board;
    board->plugin.configure = configure;
    board->plugin.start = start;
    board->plugin.save_state = save_state;
    board->plugin.destroy = destroy;
    *out = &board->plugin;
    return NX_OK;
}

} // extern "C"

} // namespace

NX_PLUGIN("leaderboard", "1.0.0", "MIT", "who has the most points", 1, 1,
        ("score."),
        ("nexus.log/1", "nexus.config/1", "nexus.json/1", "nexus.router/1",
                "nexus.http/1"),
        settings, create);

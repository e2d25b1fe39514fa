#include "tests/support/offline_model.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/cmocka.h"

// What one device has missed in one conversation.
struct missing {
    uint64_t base;
    struct heard events[MODEL_RECORDS];
    size_t count;
    size_t first; // of those that are sent
};

void model_init(struct model *model, uint64_t seed) {
    memset(model, 0, sizeof(*model));
    model->seed = seed;
}

uint64_t model_first(const struct model *model, unsigned conversation) {
    uint64_t last = model->logs[conversation].last;
    return last > MODEL_HISTORY ? last - MODEL_HISTORY + 1 : 1;
}

static void prove(struct model *model, unsigned user, unsigned device,
        unsigned conversation, uint64_t seq) {
    struct model_place *place =
            &model->devices[user][device].places[conversation];
    struct model_member *member = &model->members[user][conversation];
    if (place->cursor < seq) {
        place->cursor = seq;
    }
    if (member->watermark < seq) {
        member->watermark = seq;
    }
}

static void prove_sent(struct model *model, unsigned user, unsigned device) {
    for (unsigned i = 0; i < CONVERSATIONS; i++) {
        struct model_place *place = &model->devices[user][device].places[i];
        prove(model, user, device, i, place->replayed);
        prove(model, user, device, i, place->live);
        place->replayed = 0;
        place->live = 0;
    }
}

static void expect(struct model_device *device, unsigned conversation,
        const struct heard *heard) {
    struct expected *expected = &device->expected[conversation];
    assert_true(expected->count < MODEL_RECORDS);
    expected->list[expected->count] = *heard;
    expected->list[expected->count++].conversation = (int)conversation;
}

static struct heard as_heard(const struct model_record *record, uint64_t seq) {
    return (struct heard){
            .seq = seq,
            .version = record->deleted ? 0 : record->version,
            .change = record->target != 0,
            .deleted = record->deleted,
    };
}

// ---- records ----

static void add_change(struct model_log *log, struct model_record *change,
        uint64_t target, bool delete) {
    struct model_record *message = &log->records[target];
    message->version++;
    message->deleted = delete;
    change->target = target;
    change->version = message->version;
    change->deleted = delete;
}

static void tell_user(struct model *model, unsigned user, unsigned conversation,
        const struct heard *heard) {
    for (unsigned i = 0; i < DEVICES; i++) {
        struct model_device *device = &model->devices[user][i];
        if (!device->here) {
            continue;
        }
        expect(device, conversation, heard);
        device->places[conversation].live = heard->seq;
        if (device->answers) {
            prove_sent(model, user, i);
        }
    }
}

void model_record(struct model *model, unsigned author, unsigned conversation,
        uint64_t target, bool delete) {
    struct model_log *log = &model->logs[conversation];
    assert_true(log->last < MODEL_RECORDS);
    struct model_record *record = &log->records[++log->last];
    record->author = author;
    record->time = ++model->time;
    record->version = 1;
    if (target != 0) {
        add_change(log, record, target, delete);
    }
    const struct heard heard = as_heard(record, log->last);
    for (unsigned user = 0; user < USERS; user++) {
        if (model->members[user][conversation].is) {
            tell_user(model, user, conversation, &heard);
        }
    }
}

// ---- coming ----

// Whether a later record changes the same message.
static bool is_superseded(const struct model_log *log, uint64_t seq) {
    for (uint64_t later = seq + 1; later <= log->last; later++) {
        if (log->records[later].target == log->records[seq].target) {
            return true;
        }
    }
    return false;
}

static void find_missing(const struct model *model, unsigned conversation,
        struct missing *missing) {
    const struct model_log *log = &model->logs[conversation];
    uint64_t seq = model_first(model, conversation);
    if (seq <= missing->base) {
        seq = missing->base + 1;
    }
    missing->count = 0;
    missing->first = 0;
    for (; seq <= log->last; seq++) {
        const struct model_record *record = &log->records[seq];
        bool wanted = record->target == 0
                || (record->target <= missing->base
                        && !is_superseded(log, seq));
        if (wanted) {
            missing->events[missing->count++] = as_heard(record, seq);
        }
    }
}

// When the oldest event that is left was said; MAX when none is.
static uint64_t time_of_first(
        const struct model_log *log, const struct missing *missing) {
    if (missing->first == missing->count) {
        return UINT64_MAX;
    }
    return log->records[missing->events[missing->first].seq].time;
}

static void drop_oldest(const struct model *model, struct missing *all) {
    unsigned oldest = 0;
    uint64_t time = UINT64_MAX;
    for (unsigned i = 0; i < CONVERSATIONS; i++) {
        uint64_t other = time_of_first(&model->logs[i], &all[i]);
        if (other < time) {
            time = other;
            oldest = i;
        }
    }
    assert_true(time < UINT64_MAX);
    all[oldest].first++;
}

// Drops the oldest events of all conversations until few enough are left.
static void limit(const struct model *model, struct missing *all) {
    size_t count = 0;
    for (unsigned i = 0; i < CONVERSATIONS; i++) {
        count += all[i].count;
    }
    for (; count > MODEL_BUDGET; count--) {
        drop_oldest(model, all);
    }
}

static void expect_replay(struct model *model, struct model_device *device,
        unsigned conversation, const struct missing *missing) {
    uint64_t first = model_first(model, conversation);
    uint64_t start = missing->base + 1;
    if (missing->first > 0) {
        start = missing->first < missing->count
                ? missing->events[missing->first].seq
                : model->logs[conversation].last + 1;
    }
    start = start < first ? first : start;
    if (start > missing->base + 1) {
        const struct heard gap = {.from = missing->base + 1, .seq = start - 1};
        expect(device, conversation, &gap);
    }
    for (size_t i = missing->first; i < missing->count; i++) {
        expect(device, conversation, &missing->events[i]);
    }
    device->places[conversation].replayed = model->logs[conversation].last;
}

static uint64_t base_of(
        const struct model_place *place, const struct model_member *member) {
    if (place->entry) {
        return place->cursor;
    }
    return place->knew ? member->joined : member->watermark;
}

uint64_t model_waiting(
        const struct model *model, unsigned user, unsigned index) {
    const struct model_device *device = &model->devices[user][index];
    uint64_t count = 0;
    for (unsigned i = 0; i < CONVERSATIONS; i++) {
        const struct model_member *member = &model->members[user][i];
        const struct model_place *place = &device->places[i];
        if (member->is && !place->entry && !place->knew) {
            return UINT64_MAX;
        }
        if (member->is) {
            count += model->logs[i].last - base_of(&device->places[i], member);
        }
    }
    return count;
}

void model_comes(
        struct model *model, unsigned user, unsigned index, bool answers) {
    struct model_device *device = &model->devices[user][index];
    struct missing *all = calloc(CONVERSATIONS, sizeof(*all));
    assert_non_null(all);
    device->known = true;
    device->here = true;
    device->answers = answers;
    for (unsigned i = 0; i < CONVERSATIONS; i++) {
        if (model->members[user][i].is) {
            struct model_place *place = &device->places[i];
            place->cursor = base_of(place, &model->members[user][i]);
            place->entry = true;
            all[i].base = place->cursor;
            find_missing(model, i, &all[i]);
        }
    }
    limit(model, all);
    for (unsigned i = 0; i < CONVERSATIONS; i++) {
        if (model->members[user][i].is) {
            expect_replay(model, device, i, &all[i]);
        }
    }
    free(all);
    if (answers) {
        prove_sent(model, user, index);
    }
}

void model_goes(struct model *model, unsigned user, unsigned index) {
    struct model_device *device = &model->devices[user][index];
    device->here = false;
    for (unsigned i = 0; i < CONVERSATIONS; i++) {
        device->places[i].replayed = 0;
        device->places[i].live = 0;
    }
}

void model_joins(struct model *model, unsigned user, unsigned conversation) {
    struct model_member *member = &model->members[user][conversation];
    member->is = true;
    member->joined = model->logs[conversation].last;
    member->watermark = member->joined;
    for (unsigned i = 0; i < DEVICES; i++) {
        struct model_device *device = &model->devices[user][i];
        struct model_place *place = &device->places[conversation];
        place->knew = device->known;
        place->entry = device->here;
        place->cursor = member->joined;
    }
}

// ---- receiving ----

void model_answers(
        struct model *model, unsigned user, unsigned device, bool answers) {
    model->devices[user][device].answers = answers;
    if (answers) {
        prove_sent(model, user, device);
    }
}

void model_has(struct model *model, unsigned user, unsigned device,
        unsigned conversation, uint64_t seq) {
    uint64_t last = model->logs[conversation].last;
    prove(model, user, device, conversation, seq < last ? seq : last);
}

void model_reloads(struct model *model) {
    for (unsigned i = 0; i < USERS * DEVICES; i++) {
        struct model_device *device = &model->devices[i / DEVICES][i % DEVICES];
        for (unsigned c = 0; c < CONVERSATIONS; c++) {
            device->places[c].replayed = 0;
        }
    }
}

void model_hears(struct model *model, unsigned user, unsigned device,
        const struct heard *heard) {
    assert_in_range(heard->conversation, 0, CONVERSATIONS - 1);
    struct expected *expected =
            &model->devices[user][device].expected[heard->conversation];
    if (expected->next == expected->count) {
        fail_msg("seed %llu: u%u/d%u hears c%d seq %llu, expected nothing",
                (unsigned long long)model->seed, user, device,
                heard->conversation, (unsigned long long)heard->seq);
    }
    const struct heard *wanted = &expected->list[expected->next++];
    if (wanted->seq != heard->seq || wanted->from != heard->from
            || wanted->version != heard->version
            || wanted->change != heard->change
            || wanted->deleted != heard->deleted) {
        fail_msg("seed %llu: u%u/d%u hears c%d from %llu seq %llu version "
                 "%lld change %d deleted %d, expected from %llu seq %llu "
                 "version %lld change %d deleted %d",
                (unsigned long long)model->seed, user, device,
                heard->conversation, (unsigned long long)heard->from,
                (unsigned long long)heard->seq, (long long)heard->version,
                heard->change, heard->deleted, (unsigned long long)wanted->from,
                (unsigned long long)wanted->seq, (long long)wanted->version,
                wanted->change, wanted->deleted);
    }
    if (expected->next == expected->count) {
        expected->next = 0;
        expected->count = 0;
    }
}

// The first thing that is left to hear, or NULL.
static const struct heard *find_unheard(
        const struct model_device *device, unsigned *conversation) {
    for (unsigned c = 0; c < CONVERSATIONS; c++) {
        const struct expected *expected = &device->expected[c];
        if (expected->next < expected->count) {
            *conversation = c;
            return &expected->list[expected->next];
        }
    }
    return NULL;
}

static void check_settled(
        const struct model *model, unsigned user, unsigned device) {
    unsigned conversation = 0;
    const struct heard *left =
            find_unheard(&model->devices[user][device], &conversation);
    if (left) {
        fail_msg("seed %llu: u%u/d%u did not hear c%u seq %llu",
                (unsigned long long)model->seed, user, device, conversation,
                (unsigned long long)left->seq);
    }
}

void model_settled(const struct model *model) {
    for (unsigned i = 0; i < USERS * DEVICES; i++) {
        check_settled(model, i / DEVICES, i % DEVICES);
    }
}

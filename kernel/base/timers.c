#include "kernel/base/timers.h"

#include <assert.h>
#include <stddef.h>

// Varghese and Lauck, "Hashed and hierarchical timing wheels". A slot of level
// L covers 64^L ticks; a timer lives on the lowest level whose 64 slots reach
// its deadline, and is placed again, lower, when the wheel comes to the start
// of its slot. A deadline beyond the last level (46 hours) goes around there:
// each time its slot comes up it is placed again from its deadline.
//
// The wheel jumps from one used slot to the next, so a long sleep costs
// nothing per tick. A heap would give exact order at log n per operation; most
// of our timers (heartbeats, idle limits) are moved long before they fire.

#define LEVEL_BITS 6
#define SLOT_MASK  (TIMERS_SLOTS - 1)
#define NEVER      INT64_MAX

static struct timer *timer_of(struct nx_list *link) {
    return nx_container_of(link, struct timer, link);
}

// Rounds up: a timer must not fire before its deadline.
static int64_t due_tick(const struct timer *timer) {
    return (timer->deadline_ms + TIMERS_TICK_MS - 1) / TIMERS_TICK_MS;
}

static unsigned slot_at(int64_t tick, unsigned level) {
    return (unsigned)(tick >> (LEVEL_BITS * level)) & SLOT_MASK;
}

void timers_init(struct timers *wheel, const struct clock *clock) {
    wheel->clock = clock;
    wheel->tick = clock_now_ms(clock) / TIMERS_TICK_MS;
    wheel->advancing = false;
    for (unsigned level = 0; level < TIMERS_LEVELS; level++) {
        wheel->levels[level].used = 0;
        for (unsigned slot = 0; slot < TIMERS_SLOTS; slot++) {
            nx_list_init(&wheel->levels[level].slots[slot]);
        }
    }
}

static void unlink_all(struct nx_list *links) {
    while (nx_list_take_first(links)) {
    }
}

void timers_finish(struct timers *wheel) {
    assert(!wheel->advancing);
    for (unsigned level = 0; level < TIMERS_LEVELS; level++) {
        for (unsigned slot = 0; slot < TIMERS_SLOTS; slot++) {
            unlink_all(&wheel->levels[level].slots[slot]);
        }
        wheel->levels[level].used = 0;
    }
}

void timer_init(struct timer *timer, timer_fn fn, void *arg) {
    nx_list_init(&timer->link);
    timer->deadline_ms = 0;
    timer->fn = fn;
    timer->arg = arg;
}

static void place(struct timers *wheel, struct timer *timer, int64_t due) {
    int64_t ahead = due - wheel->tick;
    unsigned level = 0;
    while (ahead >= TIMERS_SLOTS && level < TIMERS_LEVELS - 1) {
        ahead >>= LEVEL_BITS;
        level++;
    }
    unsigned slot = slot_at(due, level);
    nx_list_append(&wheel->levels[level].slots[slot], &timer->link);
    wheel->levels[level].used |= UINT64_C(1) << slot;
}

void timers_set(struct timers *wheel, struct timer *timer, int64_t delay_ms) {
    if (delay_ms < 0) {
        delay_ms = 0;
    } else if (delay_ms > TIMERS_DELAY_MAX_MS) {
        delay_ms = TIMERS_DELAY_MAX_MS;
    }
    nx_list_remove(&timer->link);
    timer->deadline_ms = clock_now_ms(wheel->clock) + delay_ms;

    // The slot of the current tick has been emptied, the next one is to come.
    int64_t due = due_tick(timer);
    place(wheel, timer, due > wheel->tick ? due : wheel->tick + 1);
}

void timer_cancel(struct timer *timer) {
    nx_list_remove(&timer->link);
}

bool timer_armed(const struct timer *timer) {
    return nx_list_linked(&timer->link);
}

static uint64_t rotate_right(uint64_t word, unsigned bits) {
    return (word >> bits) | (word << ((64 - bits) & 63));
}

// The tick at which the next used slot of a level begins, or NEVER.
static int64_t next_tick_of_level(struct timers *wheel, unsigned level) {
    struct timers_level *row = &wheel->levels[level];
    int64_t current = wheel->tick >> (LEVEL_BITS * level);
    unsigned first = (unsigned)(current + 1) & SLOT_MASK;

    while (row->used) {
        unsigned steps =
                (unsigned)__builtin_ctzll(rotate_right(row->used, first));
        unsigned slot = (first + steps) & SLOT_MASK;
        if (!nx_list_empty(&row->slots[slot])) {
            return (current + 1 + steps) << (LEVEL_BITS * level);
        }
        // timer_cancel does not know the wheel and leaves the bit to us.
        row->used &= ~(UINT64_C(1) << slot);
    }
    return NEVER;
}

static int64_t next_tick(struct timers *wheel) {
    int64_t next = NEVER;
    for (unsigned level = 0; level < TIMERS_LEVELS; level++) {
        int64_t tick = next_tick_of_level(wheel, level);
        if (tick < next) {
            next = tick;
        }
    }
    return next;
}

static void take_slot(
        struct timers *wheel, unsigned level, struct nx_list *out) {
    unsigned slot = slot_at(wheel->tick, level);
    nx_list_splice(out, &wheel->levels[level].slots[slot]);
    wheel->levels[level].used &= ~(UINT64_C(1) << slot);
}

// Brings down the timers of every slot that begins at the current tick.
static void cascade(struct timers *wheel) {
    for (unsigned level = TIMERS_LEVELS - 1; level > 0; level--) {
        int64_t within = (INT64_C(1) << (LEVEL_BITS * level)) - 1;
        if (wheel->tick & within) {
            continue;
        }
        struct nx_list links;
        nx_list_init(&links);
        take_slot(wheel, level, &links);
        for (struct nx_list *link = nx_list_take_first(&links); link;
                link = nx_list_take_first(&links)) {
            place(wheel, timer_of(link), due_tick(timer_of(link)));
        }
    }
}

static void fire_current(struct timers *wheel) {
    struct nx_list due;
    nx_list_init(&due);
    take_slot(wheel, 0, &due);
    // One at a time: a callback may cancel or move those still in the list.
    for (struct nx_list *link = nx_list_take_first(&due); link;
            link = nx_list_take_first(&due)) {
        struct timer *timer = timer_of(link);
        timer->fn(timer->arg);
    }
}

void timers_advance(struct timers *wheel) {
    assert(!wheel->advancing);
    wheel->advancing = true;
    int64_t now = clock_now_ms(wheel->clock) / TIMERS_TICK_MS;
    for (int64_t tick = next_tick(wheel); tick <= now;
            tick = next_tick(wheel)) {
        wheel->tick = tick;
        cascade(wheel);
        fire_current(wheel);
    }
    if (now > wheel->tick) {
        wheel->tick = now;
    }
    wheel->advancing = false;
}

bool timers_next_ms(struct timers *wheel, int64_t *sleep_ms) {
    int64_t tick = next_tick(wheel);
    if (tick == NEVER) {
        return false;
    }
    int64_t sleep = tick * TIMERS_TICK_MS - clock_now_ms(wheel->clock);
    *sleep_ms = sleep > 0 ? sleep : 0;
    return true;
}

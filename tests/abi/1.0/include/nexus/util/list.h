/*
 * list - circular doubly linked list, linked through the objects themselves.
 *
 * The head and every link are a struct nx_list. A link points at itself while
 * it is in no list, so removing it twice is harmless; call nx_list_init on
 * heads and links before anything else. nx_container_of leads from a link
 * back to the object that embeds it.
 *
 * Owner:   whoever embeds the head or the link; nothing is allocated
 * Thread:  that of the owner
 * Errors:  none
 */
#ifndef NEXUS_UTIL_LIST_H
#define NEXUS_UTIL_LIST_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

// A head, or a link within an object.
struct nx_list {
    struct nx_list *prev;
    struct nx_list *next;
};

// The object of the given type whose member is *ptr.
#define nx_container_of(ptr, type, member) \
    ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

// NOLINTBEGIN(bugprone-macro-parentheses): pos and tmp are declared here

// Declares pos, a struct nx_list pointer, and walks it from first to last.
// The list must not change during the walk.
#define nx_list_for_each(pos, head) \
    for (struct nx_list *pos = (head)->next; pos != (head); pos = pos->next)

// The same, and the body may remove (and free) pos. Declares tmp as well,
// which is the next link: the body must leave that one alone.
#define nx_list_for_each_safe(pos, tmp, head) \
    for (struct nx_list *pos = (head)->next, *tmp = pos->next; pos != (head); \
            pos = tmp, tmp = pos->next)

// NOLINTEND(bugprone-macro-parentheses)

// Makes an empty list, or a link that is in no list.
static inline void nx_list_init(struct nx_list *list) {
    list->prev = list;
    list->next = list;
}

// True for a head without links.
static inline bool nx_list_empty(const struct nx_list *head) {
    return head->next == head;
}

// True while the link is in some list.
static inline bool nx_list_linked(const struct nx_list *link) {
    return link->next != link;
}

// Adds the link at the end. It must not be in a list.
static inline void nx_list_append(struct nx_list *head, struct nx_list *link) {
    link->prev = head->prev;
    link->next = head;
    head->prev->next = link;
    head->prev = link;
}

// Adds the link at the beginning. It must not be in a list.
static inline void nx_list_prepend(struct nx_list *head, struct nx_list *link) {
    nx_list_append(head->next, link);
}

// Takes the link out of its list, if it is in one, and leaves it initialised.
static inline void nx_list_remove(struct nx_list *link) {
    link->prev->next = link->next;
    link->next->prev = link->prev;
    nx_list_init(link);
}

// Removes the first link and returns it, or NULL when the list is empty.
static inline struct nx_list *nx_list_take_first(struct nx_list *head) {
    struct nx_list *first = head->next;
    if (first == head) {
        return NULL;
    }
    // Written out, not nx_list_remove: static analysers then see head change.
    head->next = first->next;
    head->next->prev = head;
    nx_list_init(first);
    return first;
}

// Moves every link of from, in order, to the end of head; from is left empty.
static inline void nx_list_splice(struct nx_list *head, struct nx_list *from) {
    if (nx_list_empty(from)) {
        return;
    }
    from->next->prev = head->prev;
    from->prev->next = head;
    head->prev->next = from->next;
    head->prev = from->prev;
    nx_list_init(from);
}

#ifdef __cplusplus
}
#endif

#endif

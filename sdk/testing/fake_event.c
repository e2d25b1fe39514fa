#include "fake_event.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fake_parts.h"

#define KEY_SIZE 256

struct fake_event *fake_event_create(const char *text, size_t len) {
    struct fake_event *event = fake_alloc(sizeof(*event));
    nx_list_init(&event->link);
    event->text = fake_copy(text, len);
    event->len = len;
    event->user = fake_copy("", 0);
    event->root = json_loadb(text, len, JSON_DECODE_ANY, NULL);
    return event;
}

void fake_event_destroy(struct fake_event *event) {
    json_decref(event->root);
    free(event->user);
    free(event->text);
    free(event);
}

void fake_events_destroy(struct nx_list *events) {
    struct nx_list *link;
    while ((link = nx_list_take_first(events)) != NULL) {
        fake_event_destroy(nx_container_of(link, struct fake_event, link));
    }
}

static const json_t *step(const json_t *value, const char *key) {
    if (!json_is_array(value)) {
        return json_object_get(value, key);
    }
    char *end;
    unsigned long index = strtoul(key, &end, 10);
    return end == key || *end != '\0' ? NULL : json_array_get(value, index);
}

static const json_t *find(const struct fake_event *event, const char *field) {
    const json_t *value = event ? event->root : NULL;
    const char *rest = field ? field : "";
    while (value && *rest != '\0') {
        char key[KEY_SIZE];
        size_t len = strcspn(rest, ".");
        if (len >= sizeof(key)) {
            return NULL;
        }
        memcpy(key, rest, len);
        key[len] = '\0';
        value = step(value, key);
        rest += len + (rest[len] == '.' ? 1 : 0);
    }
    return value;
}

const char *fake_event_text(const struct fake_event *event) {
    return event ? event->text : "";
}

const char *fake_event_type(const struct fake_event *event) {
    const char *type = fake_event_str(event, "event_type");
    return type ? type : "";
}

bool fake_event_has(const struct fake_event *event, const char *field) {
    return find(event, field) != NULL;
}

const char *fake_event_str(const struct fake_event *event, const char *field) {
    return json_string_value(find(event, field));
}

int64_t fake_event_i64(const struct fake_event *event, const char *field) {
    const json_t *value = find(event, field);
    return json_is_integer(value) ? json_integer_value(value) : FAKE_EVENT_NONE;
}

double fake_event_f64(const struct fake_event *event, const char *field) {
    const json_t *value = find(event, field);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

bool fake_event_bool(const struct fake_event *event, const char *field) {
    return json_is_true(find(event, field));
}

size_t fake_event_count(const struct fake_event *event, const char *field) {
    const json_t *value = find(event, field);
    return json_is_array(value) ? json_array_size(value)
                                : json_object_size(value);
}

bool fake_event_is(
        const struct fake_event *event, const char *field, const char *value) {
    const char *text = fake_event_str(event, field);
    return text && value && strcmp(text, value) == 0;
}

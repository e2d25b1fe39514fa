/*
 * kernel - the whole server: creates every part in order, runs, takes down.
 *
 * The only place that knows all parts. SIGHUP reloads. SIGTERM, SIGINT and
 * `nexusctl drain` drain: clients are sent away, and the server stops when they
 * have left or after drain.timeout; a second signal stops it at once.
 *
 * Owner:   main.c
 * Thread:  logic
 * Errors:  NULL or false; the reason is logged
 */
#ifndef KERNEL_KERNEL_H
#define KERNEL_KERNEL_H

#include <stdbool.h>

struct kernel;
struct settings;
struct settings_errors;
struct settings_source;

// Starts everything up to the listening socket. settings is borrowed, and
// changed by reloads; source is where it came from, what it names is borrowed.
struct kernel *kernel_create(
        struct settings *settings, const struct settings_source *source);

// Makes the log as the settings want it.
void kernel_log_as(const struct settings *settings);

// Serves until a signal ends it.
void kernel_run(struct kernel *kernel);

// Stops plugins and takes everything down. Accepts NULL.
void kernel_destroy(struct kernel *kernel);

// Loads and configures what the settings name, starts nothing: --check. What
// is wrong is added to errors.
bool kernel_check(struct settings *settings,
        const struct settings_source *source, struct settings_errors *errors);

// In the child that tries a plugin, "name=file": makes an instance of it and
// destroys it again. False when it, or its settings, refused.
bool kernel_preflight(struct settings *settings, const char *plugin);

#endif

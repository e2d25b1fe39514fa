/*
 * report - what a call over HTTP is told.
 *
 * Thread:  logic
 * Errors:  NULL without memory
 */
#ifndef PLUGINS_NOTIFY_REPORT_H
#define PLUGINS_NOTIFY_REPORT_H

#include <stdbool.h>

struct nx_writer;
struct posting;

// Everything is stored; complete: for everybody, not only so far.
struct nx_writer *report_accepted(const struct posting *posting, bool complete);

// A problem document with those for whom nothing was stored.
struct nx_writer *report_failed(const struct posting *posting);

#endif

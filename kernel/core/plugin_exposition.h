/*
 * plugin_exposition - what /metrics says about plugins, theirs included.
 *
 * A plugin's own metrics are named nexus_<plugin>_<name>; one whose name is
 * taken, by the server or a plugin before it, is left out and counted.
 *
 * Thread:  logic
 * Errors:  those of exposition.h
 */
#ifndef KERNEL_CORE_PLUGIN_EXPOSITION_H
#define KERNEL_CORE_PLUGIN_EXPOSITION_H

struct exposition;
struct core;

void plugin_exposition(struct exposition *text, const struct core *core);

#endif

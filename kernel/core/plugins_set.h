/*
 * plugins_set - what plugins.c and a reload share of struct plugins.
 *
 * Thread:  logic
 */
#ifndef KERNEL_CORE_PLUGINS_SET_H
#define KERNEL_CORE_PLUGINS_SET_H

#include <stddef.h>

#include <nexus/util/list.h>

struct core;
struct loader;
struct plugin;
struct registry;

struct plugins {
    struct core *core;
    struct loader *loader;
    struct nx_list list; // struct plugin::link, in the order of the settings
    size_t count;
    struct registry *bare;   // the kernel's own, for when the plugins are gone
    struct plugin *provider; // of the engine, NULL: memory
};

#endif

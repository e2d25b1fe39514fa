/*
 * registry_set - what registry.c and registry_copy.c share of the tables.
 *
 * Thread:  logic
 */
#ifndef KERNEL_CORE_REGISTRY_SET_H
#define KERNEL_CORE_REGISTRY_SET_H

#include <nexus/util/list.h>

struct nx_strmap;

struct registry {
    struct nx_strmap *handlers; // prefix -> struct registry_handler
    struct nx_strmap *kinds;    // prefix -> struct registry_kind
    struct nx_strmap *services; // name -> struct registry_service
    struct nx_list observers;
    struct nx_list session_hooks;
    struct nx_list member_hooks;
    struct nx_list auth_hooks;
    struct nx_list routes;
};

#endif

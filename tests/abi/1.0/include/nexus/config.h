/*
 * config - the plugin's own settings, read-only.
 *
 * The server has checked the file against the plugin's nx_setting table:
 * every key exists, has its type and lies in its range, and defaults are
 * filled in, from file, environment (NEXUS_PLUGINS_<NAME>_<KEY>) and --set.
 *
 * Interface: "nexus.config" version 1
 * Owner:     the server; nx_config and nx_diag are borrowed until
 *            configure() returns
 * Thread:    [logic] K R
 */
#ifndef NEXUS_CONFIG_H
#define NEXUS_CONFIG_H

#include <nexus/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NX_IFACE_CONFIG "nexus.config"

struct nx_config; // the checked settings of one plugin
struct nx_diag;   // collects what configure() finds wrong

struct nx_config_v1 {
    NX_INTERFACE_HEAD;

    // The value of a declared key; 0 / "" for a key the plugin did not
    // declare, which is also logged as a mistake of the plugin. Strings live
    // as long as cfg. [logic] K. Since 1.0.
    int64_t (*get_int)(const struct nx_config *cfg, const char *key);
    int32_t (*get_bool)(const struct nx_config *cfg, const char *key);
    struct nx_str (*get_str)(const struct nx_config *cfg, const char *key);

    // Tells the operator what is wrong with a value that has the right type
    // and range. key may be NULL. The server adds file and line, and refuses
    // the configuration when configure() returns an error. [logic] K.
    // Since 1.0.
    void (*problem)(
            struct nx_diag *diag, const char *key, struct nx_str message);

    // A whole number of the server's own, by its path in docs/settings.md
    // ("offline.max_per_user"); 0 for a path that names none. [logic] K.
    // Since 1.0.
    int64_t (*get_server_int)(const struct nx_config *cfg, const char *path);

    // The folder for everything the server stores (data_dir). A plugin with
    // files of its own keeps them in a folder of its id there. [logic] K.
    // Since 1.0.
    struct nx_str (*data_dir)(const struct nx_config *cfg);
};

#ifdef __cplusplus
}
#endif

#endif

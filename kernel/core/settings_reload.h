/*
 * settings_reload - the rows of settings_table.h about reloads.
 *
 * Thread:  any (constants)
 */
#ifndef KERNEL_CORE_SETTINGS_RELOAD_H
#define KERNEL_CORE_SETTINGS_RELOAD_H

#define SETTINGS_RELOAD(X) \
    X(INT, reload_freeze_ms, "reload.freeze_ms", "3000", "10..60000", NULL, \
            SETTING_LIVE, \
            "Milliseconds that events of clients may have to wait for plugins " \
            "that are replaced to come to rest; then the reload is undone.") \
    X(INT, reload_state_bytes, "reload.state_bytes", "268435456", \
            "65536..17179869184", NULL, SETTING_LIVE, \
            "Bytes that one plugin may hand over to the one that replaces it.") \
    X(INT, reload_images, "reload.images", "500", "1..1000000", NULL, \
            SETTING_LIVE, \
            "Files of plugins in memory above which each reload warns: they " \
            "stay there until a restart, each version with its size.") \
    X(BOOL, reload_preflight, "reload.preflight", "true", NULL, NULL, \
            SETTING_LIVE, \
            "Whether a reload, and nexusd --check, load each new file of a " \
            "plugin in a process of its own first, so that one that crashes " \
            "or hangs is refused and cannot hurt the server.") \
    X(INT, reload_preflight_timeout, "reload.preflight_timeout", "10", \
            "1..300", NULL, SETTING_LIVE, \
            "Seconds that such a process may take.")

#endif

/*
 * preflight_step - how the child of a preflight speaks with its parent.
 *
 * A line on its output says what it will do next, and the exit code how it
 * ended. Anything else comes from the plugin.
 */
#ifndef KERNEL_CORE_PREFLIGHT_STEP_H
#define KERNEL_CORE_PREFLIGHT_STEP_H

#define PREFLIGHT_MARK         "nexus-preflight: "
#define PREFLIGHT_EXIT_REFUSED 65 // the plugin, or its settings, said no

#endif

// Calls that Swift cannot make: variadic functions, macros, and system calls without a libc wrapper.
// One `static inline` wrapper each, no logic: policy lives in Swift. Every name starts with `clinux_`.

#ifndef CLINUX_H
#define CLINUX_H

#include "clinux_descriptor.h"
#include "clinux_mount.h"
#include "clinux_process.h"
#include "clinux_signal.h"
#include "clinux_socket.h"
#include "clinux_terminal.h"

#endif

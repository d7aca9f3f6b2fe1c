#pragma once
#include <jansson.h>

// A type has the function's name, too.
static inline enum json_error_code cjansson_error_code(const json_error_t *error) { return json_error_code(error); }

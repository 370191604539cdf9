/*
 * docs/openapi.yaml: OpenAPI 3.1, made of the operations' rows and their
 * shapes. Whoever adds an operation has described it.
 */

#ifndef PL_OPENAPI_H_INCLUDED
#define PL_OPENAPI_H_INCLUDED

#include "api.h"

/* One JSON text in the arena. PL_NOMEM, and what a codec says. */
pl_status_t pl_openapi_json(const pl_api_t *api, pl_arena_t *ar,
    pl_str_t *out, pl_err_t *err);

/* The same as YAML, which people read; strings as in JSON. */
pl_status_t pl_openapi_yaml(const pl_api_t *api, pl_arena_t *ar,
    pl_str_t *out, pl_err_t *err);

#endif /* PL_OPENAPI_H_INCLUDED */

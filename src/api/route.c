/*
 * Paths to operations. A pattern is compared with a path part by part; a
 * part in braces takes any text but an empty one. There are some hundred
 * patterns, so that a walk is as quick as a tree, and cannot be wrong. Where
 * two match, the one that names more parts wins: /v1/messages/bulk before
 * /v1/messages/{message}.
 */

#include <stdio.h>
#include <string.h>

#include "../core/str.h"
#include "impl.h"

static bool route_match(const char *pattern, pl_str_t path,
    pl_str_t params[PL_API_PARAMS_MAX], unsigned *named);


static const char *const  route_methods[] = {
    [PL_API_GET] = "GET",
    [PL_API_POST] = "POST",
    [PL_API_PUT] = "PUT",
    [PL_API_PATCH] = "PATCH",
    [PL_API_DELETE] = "DELETE",
    [PL_API_OPTIONS] = "OPTIONS",
    [PL_API_OTHER] = "OTHER",
};


const pl_api_op_t *
pl_route_find(const pl_api_t *api, pl_api_method_e method, pl_str_t path,
    pl_str_t params[PL_API_PARAMS_MAX], char allow[PL_API_ALLOW_MAX])
{
    bool                has[PL_API_OTHER + 1] = { false };
    size_t              i, len;
    unsigned            named, best = 0;
    pl_str_t            found[PL_API_PARAMS_MAX];
    const pl_api_op_t  *op, *match = NULL;

    allow[0] = '\0';

    if (path.len > PL_API_PATH_MAX) {
        return NULL;
    }

    for (i = 0; i < api->n_ops; i++) {
        op = api->ops[i];
        memset(found, 0, sizeof(found));

        if (!route_match(op->path, path, found, &named) || named < best) {
            continue;
        }

        if (named > best) {             /* all others are less exact */
            best = named;
            match = NULL;
            memset(has, 0, sizeof(has));
        }

        has[op->method] = true;

        if (op->method == method) {
            match = op;
            memcpy(params, found, sizeof(found));
        }
    }

    for (i = 0, len = 0; i < PL_API_OPTIONS; i++) {
        if (has[i]) {
            len += (size_t) snprintf(allow + len, PL_API_ALLOW_MAX - len,
                                     "%s%s%s", len == 0 ? "" : ", ",
                                     route_methods[i],
                                     i == PL_API_GET ? ", HEAD" : "");
        }
    }

    return match;
}


const char *
pl_route_method(pl_api_method_e method)
{
    return route_methods[method <= PL_API_OTHER ? method : PL_API_OTHER];
}


const char *
pl_route_wrong(const char *pattern)
{
    size_t       len;
    unsigned     params = 0;
    const char  *p;

    if (pattern == NULL || pattern[0] != '/') {
        return "does not begin with '/'";
    }

    for (p = pattern; *p == '/'; p += len) {
        p++;
        len = strcspn(p, "/");

        if (len == 0) {
            return "has an empty part";
        }

        if (p[0] == '{') {
            if (p[len - 1] != '}' || len < 3) {
                return "has a brace that does not end its part";
            }

            params++;
        }
    }

    return params > PL_API_PARAMS_MAX ? "has too many parameters" : NULL;
}


static bool
route_match(const char *pattern, pl_str_t path,
    pl_str_t params[PL_API_PARAMS_MAX], unsigned *named)
{
    size_t          len, part;
    unsigned        n = 0;
    const char     *p = pattern;
    const uint8_t  *at = path.data, *end = path.data + path.len;

    *named = 1;

    while (*p == '/') {
        if (at == end || *at != '/') {
            return false;
        }

        p++;
        at++;
        len = strcspn(p, "/");

        for (part = 0; at + part < end && at[part] != '/'; part++) {
            /* void */
        }

        if (part == 0) {
            return false;
        }

        if (p[0] == '{') {
            params[n].data = at;
            params[n++].len = part;

        } else if (part != len || memcmp(p, at, len) != 0) {
            return false;

        } else {
            (*named)++;
        }

        p += len;
        at += part;
    }

    return at == end;
}

/*
 * What is known of a person, as a document. See export.h.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../core/json.h"
#include "export.h"

#define JSON_ARENA      65536
#define JSON_ARENA_MAX  (32u * 1024 * 1024)

typedef struct {
    const pl_codec_t   *codec;
    pl_export_put_pt    put;
    void               *data;
    pl_arena_t         *ar;
    int                 part;           /* -1: none yet */
    uint64_t            rows;           /* of it */
} export_json_t;

static pl_status_t export_json_row(void *data, pl_export_e part, uint64_t id,
    const ProtobufCMessage *row, pl_err_t *err);
static pl_status_t export_json_parts(export_json_t *ex, int upto,
    pl_err_t *err);


pl_status_t
pl_export_json(pl_txn_t *txn, uint32_t tenant, int64_t clock_ms,
    uint64_t contact, const pl_codec_t *codec, pl_export_put_pt put,
    void *data, pl_err_t *err)
{
    pl_status_t    rc;
    export_json_t  ex = { codec, put, data, NULL, -1, 0 };

    ex.ar = pl_arena_create(JSON_ARENA, JSON_ARENA_MAX);
    if (ex.ar == NULL) {
        return pl_err_set(err, PL_NOMEM, "export", 0, "out of memory");
    }

    rc = pl_export(txn, tenant, clock_ms, contact, export_json_row, &ex, err);

    if (rc == PL_OK) {
        rc = export_json_parts(&ex, PL_EXPORT_PARTS, err);
    }

    pl_arena_destroy(ex.ar);

    return rc;
}


static pl_status_t
export_json_row(void *data, pl_export_e part, uint64_t id,
    const ProtobufCMessage *row, pl_err_t *err)
{
    int             n;
    char            head[48];
    pl_str_t        json;
    pl_status_t     rc;
    export_json_t  *ex = data;

    pl_arena_reset(ex->ar);

    rc = export_json_parts(ex, (int) part, err);

    if (rc == PL_OK) {
        rc = pl_json_encode(ex->codec, row, ex->ar, &json, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    n = snprintf(head, sizeof(head), "%s{\"number\":%" PRIu64 ",\"row\":",
                 ex->rows == 0 ? "" : ",", id);
    ex->rows++;

    rc = ex->put(ex->data, head, (size_t) n, err);
    if (rc == PL_OK) {
        rc = ex->put(ex->data, (const char *) json.data, json.len, err);
    }

    return rc == PL_OK ? ex->put(ex->data, "}", 1, err) : rc;
}


/* Ends the part at hand, and begins those up to this one. */

static pl_status_t
export_json_parts(export_json_t *ex, int upto, pl_err_t *err)
{
    int          n;
    char         text[96];
    pl_status_t  rc;

    for (rc = PL_OK; rc == PL_OK && ex->part < upto; /* void */ ) {
        ex->part++;
        ex->rows = 0;

        n = ex->part == PL_EXPORT_PARTS
            ? snprintf(text, sizeof(text), "]}")
            : snprintf(text, sizeof(text), "%s\"%s\":[",
                       ex->part == 0 ? "{\"format\":\"parley.export.1\","
                                     : "],", pl_export_names[ex->part]);

        rc = ex->put(ex->data, text, (size_t) n, err);
    }

    return rc;
}

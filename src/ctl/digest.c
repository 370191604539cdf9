/*
 * See digest.h.
 */

#include <inttypes.h>
#include <string.h>

#include "digest.h"


static const char *digest_word(const char *text);


pl_status_t
plctl_digest(pl_hash_t *hash, const Pl__Entry *entry, pl_arena_t *ar,
    uint8_t out[PL_SHA256_LEN], pl_err_t *err)
{
    size_t    len;
    uint8_t  *packed;
    pl_str_t  bytes;

    bytes.data = entry->body.data;
    bytes.len = entry->has_body ? entry->body.len : 0;

    if (entry->command != NULL) {
        len = pl__command__get_packed_size(entry->command);
        packed = pl_arena_alloc(ar, len + 1);

        if (packed == NULL) {
            return pl_err_set(err, PL_NOMEM, "digest", 0, "out of memory");
        }

        bytes.data = packed;
        bytes.len = pl__command__pack(entry->command, packed);
    }

    return pl_hash_sha256(hash, &bytes, 1, out) == PL_OK
           ? PL_OK : pl_err_set(err, PL_IO, "digest", 0, "cannot hash");
}


pl_status_t
plctl_digest_line(pl_hash_t *over, pl_hash_t *hash, uint64_t seq,
    const Pl__Entry *entry, pl_arena_t *ar, pl_err_t *err)
{
    char         *line;
    uint8_t       sum[PL_SHA256_LEN];
    pl_status_t   rc;

    rc = plctl_digest(hash, entry, ar, sum, err);
    if (rc != PL_OK) {
        return rc;
    }

    line = pl_arena_printf(ar, "%" PRIu64 " %" PRId64 " %s %s %s %zu %s\n",
                           seq, entry->time_ms,
                           plctl_enum(ar, &pl__entry_kind__descriptor,
                                      (int) entry->kind),
                           digest_word(entry->provider),
                           digest_word(entry->location), entry->body.len,
                           plctl_hex(ar, sum, sizeof(sum)));
    if (line == NULL) {
        return pl_err_set(err, PL_NOMEM, "digest", 0, "out of memory");
    }

    return pl_hash_add(over, line, strlen(line)) == PL_OK
           ? PL_OK : pl_err_set(err, PL_IO, "digest", 0, "cannot hash");
}


static const char *
digest_word(const char *text)
{
    return text == NULL || text[0] == '\0' ? "-" : text;
}

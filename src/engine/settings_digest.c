/*
 * What a configuration says, as a digest: two loads of the same one have the
 * same, and the second publishes nothing. See settings.h.
 */

#include "../core/crypto.h"
#include "../core/record.h"
#include "settings.h"

#define DIGEST_ARENA_BLOCK  16384
#define DIGEST_ARENA_MAX    (256u * 1024 * 1024)


/*
 * The tree is packed and unpacked for a copy whose varying parts can be
 * taken out: what is random in it would make every load look new.
 */

pl_status_t
pl_settings_digest(const Pl__SettingsPublish *publish,
    const pl_str_t *tokens, size_t n_tokens, uint8_t out[32])
{
    size_t                 i, k, n, len;
    uint8_t               *buf;
    pl_str_t               piece;
    pl_hash_t             *hash;
    pl_arena_t            *ar;
    pl_status_t            rc;
    Pl__ChannelSettings   *channel;
    Pl__SettingsPublish   *copy;

    rc = PL_NOMEM;
    hash = pl_hash_create();
    ar = pl_arena_create(DIGEST_ARENA_BLOCK, DIGEST_ARENA_MAX);
    if (ar == NULL || hash == NULL) {
        goto done;
    }

    len = pl__settings_publish__get_packed_size(publish);
    buf = pl_arena_alloc(ar, len);
    if (buf == NULL) {
        goto done;
    }

    (void) pl__settings_publish__pack(publish, buf);
    copy = pl__settings_publish__unpack(pl_arena_protobuf(ar), len, buf);
    if (copy == NULL) {
        goto done;
    }

    copy->cycle.len = 0;
    copy->digest.len = 0;

    for (i = 0, n = 0; i < copy->n_tenants; i++) {
        for (k = 0; k < copy->tenants[i]->n_channels; k++, n++) {
            channel = copy->tenants[i]->channels[k];
            channel->has_token = (n < n_tokens && tokens[n].len != 0);
            channel->token.len = 0;

            if (channel->has_token) {
                channel->token.data = (uint8_t *) tokens[n].data;
                channel->token.len = tokens[n].len;
            }
        }
    }

    len = pl__settings_publish__get_packed_size(copy);
    buf = pl_arena_alloc(ar, len);
    if (buf == NULL) {
        goto done;
    }

    piece.data = buf;
    piece.len = pl__settings_publish__pack(copy, buf);

    rc = pl_hash_sha256(hash, &piece, 1, out);

done:

    pl_hash_destroy(hash);
    pl_arena_destroy(ar);

    return rc;
}

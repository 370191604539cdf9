/*
 * Writes: commands in Asked, the keys that they are done once under, and
 * what became of them.
 *
 * The key of a write is the first 16 bytes of SHA-256 over tenant,
 * operation, who asks, and their Idempotency-Key; without such a key, over 32
 * random bytes. So two callers who say the same key do not meet, and nobody
 * can look under another's. That of a request's second command and of those
 * behind it is over the first's and its number: what became of all of them is
 * found by the first.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../core/str.h"
#include "../engine/import.h"
#include "impl.h"

#define COMMAND_SALT_LEN  32
#define COMMAND_SHUT_S    60            /* an import takes minutes */

static pl_status_t command_digest(pl_api_call_t *call, pl_err_t *err);
static pl_status_t command_shut(pl_api_call_t *call, pl_err_t *err);
static pl_status_t command_room(pl_api_call_t *call);
static pl_status_t command_size(pl_api_call_t *call,
    const Pl__Command *command);
static bool command_printable(pl_str_t key);
static pl_str_t command_packed(pl_api_call_t *call,
    const ProtobufCMessage *msg);


pl_status_t
pl_api_again(pl_api_call_t *call, pl_err_t *err)
{
    uint8_t       key[PL_REQUEST_KEY_LEN];
    pl_str_t      named = call->in.idempotency_key;
    pl_status_t   rc;
    Pl__Verdict  *verdict;

    if (named.len == 0) {
        rc = pl_api_salt(call, err);
        if (rc != PL_OK) {
            return rc;
        }

    } else if (named.len > PL_API_KEY_MAX || !command_printable(named)) {
        return pl_api_problem(call, PL_API_BAD_IDEMPOTENCY_KEY, NULL,
                              "1 to %d printable characters",
                              PL_API_KEY_MAX);
    }

    rc = command_digest(call, err);
    if (rc != PL_OK || named.len == 0) {
        return rc;
    }

    rc = pl_api_key(call, 0, key);

    if (rc == PL_OK) {
        rc = pl_request_get(call->txn, call->tenant, key, call->now_ms,
                            call->ar, &verdict, err);
    }

    if (rc == PL_NOTFOUND) {
        return PL_OK;
    }

    if (rc != PL_OK) {
        return rc;
    }

    if (verdict->digest.len != PL_HASH128_LEN
        || memcmp(verdict->digest.data, call->digest, PL_HASH128_LEN) != 0)
    {
        return pl_api_problem(call, PL_API_KEY_REUSED, NULL, "%s", "");
    }

    call->repeated = true;

    return PL_OK;
}


pl_status_t
pl_api_salt(pl_api_call_t *call, pl_err_t *err)
{
    call->salt = pl_arena_alloc(call->ar, COMMAND_SALT_LEN);

    return call->salt != NULL
           && pl_crypto_random(call->salt, COMMAND_SALT_LEN) == PL_OK
           ? PL_OK : pl_err_set(err, PL_IO, "api", 0, "no random bytes");
}


pl_status_t
pl_api_command(pl_api_call_t *call, const Pl__Command *command,
    pl_err_t *err)
{
    uint8_t      *key, *digest;
    Pl__Asked    *asked;
    Pl__Command  *outer, *inner;

    if (call->n_commands == PL_API_BULK_MAX) {
        return pl_api_problem(call, PL_API_TOO_LARGE, NULL,
                              "more than %d at once", PL_API_BULK_MAX);
    }

    if (pl_import_shuts(call->meta, call->settings, command)) {
        return command_shut(call, err);
    }

    outer = pl_arena_alloc(call->ar, sizeof(Pl__Command));
    inner = pl_arena_alloc(call->ar, sizeof(Pl__Command));
    asked = pl_arena_alloc(call->ar, sizeof(Pl__Asked));
    key = pl_api_command_key(call);
    digest = pl_arena_dup(call->ar, call->digest, PL_HASH128_LEN);

    if (outer == NULL || inner == NULL || asked == NULL || key == NULL
        || digest == NULL || command_room(call) != PL_OK)
    {
        return pl_err_set(err, PL_NOMEM, "api", 0, "out of memory");
    }

    if (call->n_commands == 0
        && pl_api_check(call->meta, key,
                        (pl_str_t) { digest, PL_HASH128_LEN }, call->check)
           != PL_OK)
    {
        return pl_err_set(err, PL_IO, "api", 0, "cannot hash");
    }

    *inner = *command;

    pl__asked__init(asked);
    asked->tenant = call->tenant;
    asked->key.data = key;
    asked->key.len = PL_REQUEST_KEY_LEN;
    asked->digest.data = digest;
    asked->digest.len = PL_HASH128_LEN;
    asked->actor = (char *) call->who.actor;
    asked->if_match = call->match;
    asked->command = inner;

    pl__command__init(outer);
    outer->of_case = PL__COMMAND__OF_ASKED;
    outer->asked = asked;

    if (command_size(call, outer) != PL_OK) {
        return PL_DENIED;
    }

    call->commands[call->n_commands] = outer;
    memcpy(call->keys[call->n_commands], key, PL_REQUEST_KEY_LEN);
    call->n_commands++;

    return PL_OK;
}


/* It passes: nothing is kept under the call's key. */

static pl_status_t
command_shut(pl_api_call_t *call, pl_err_t *err)
{
    pl_status_t       rc;
    Pl__Api__Problem  problem = PL__API__PROBLEM__INIT;

    problem.rule = (char *) PL_IMPORT_OPEN;
    problem.detail = (char *) PL_IMPORT_TEXT;

    rc = pl_api_header(call, "Retry-After",
                       pl_arena_printf(call->ar, "%d", COMMAND_SHUT_S), err);

    return rc == PL_OK ? pl_api_problem_row(call, PL_API_CONFLICT, &problem)
                       : rc;
}


uint8_t *
pl_api_command_key(pl_api_call_t *call)
{
    uint8_t  *key;

    key = pl_arena_alloc(call->ar, PL_REQUEST_KEY_LEN);

    return key != NULL && pl_api_key(call, call->n_commands, key) == PL_OK
           ? key : NULL;
}


pl_status_t
pl_api_key(const pl_api_call_t *call, size_t i,
    uint8_t key[PL_REQUEST_KEY_LEN])
{
    uint8_t       number[8], whose[16], first[PL_REQUEST_KEY_LEN];
    pl_str_t      pieces[6];
    pl_hash_t    *hash;
    pl_status_t   rc;

    _Static_assert(PL_REQUEST_KEY_LEN == PL_HASH128_LEN, "a hash is a key");

    hash = pl_hash_create();
    if (hash == NULL) {
        return PL_IO;
    }

    pl_be64_put(number, 0);
    pl_be64_put(whose, call->tenant);
    pl_be64_put(whose + 8, call->who.key);

    pieces[0] = pl_str_c(call->op->name);
    pieces[1] = (pl_str_t) { whose, sizeof(whose) };
    pieces[2] = pl_str_c(call->who.actor);
    pieces[3] = call->in.idempotency_key;
    pieces[4] = (pl_str_t) { number, sizeof(number) };
    pieces[5] = call->salt == NULL
                ? PL_STR_NULL : (pl_str_t) { call->salt, COMMAND_SALT_LEN };

    rc = pl_hash_128(hash, pieces, PL_COUNT(pieces), first);
    pl_hash_destroy(hash);

    return rc == PL_OK ? pl_api_key_of(first, i, key) : rc;
}


pl_status_t
pl_api_key_of(const uint8_t first[PL_REQUEST_KEY_LEN], size_t i,
    uint8_t key[PL_REQUEST_KEY_LEN])
{
    uint8_t       number[8];
    pl_str_t      pieces[2];
    pl_hash_t    *hash;
    pl_status_t   rc;

    if (i == 0) {
        memcpy(key, first, PL_REQUEST_KEY_LEN);
        return PL_OK;
    }

    hash = pl_hash_create();
    if (hash == NULL) {
        return PL_IO;
    }

    pl_be64_put(number, i);
    pieces[0] = (pl_str_t) { (uint8_t *) first, PL_REQUEST_KEY_LEN };
    pieces[1] = (pl_str_t) { number, sizeof(number) };

    rc = pl_hash_128(hash, pieces, PL_COUNT(pieces), key);
    pl_hash_destroy(hash);

    return rc;
}


pl_status_t
pl_api_check(const Pl__StateMeta *meta, const uint8_t key[PL_REQUEST_KEY_LEN],
    pl_str_t digest, uint8_t check[PL_API_CHECK_LEN])
{
    uint8_t       whole[PL_HASH128_LEN];
    pl_str_t      pieces[3];
    pl_hash_t    *hash;
    pl_status_t   rc;

    hash = pl_hash_create();
    if (hash == NULL) {
        return PL_IO;
    }

    pieces[0] = (pl_str_t) { meta->journal.data, meta->journal.len };
    pieces[1] = (pl_str_t) { (uint8_t *) key, PL_REQUEST_KEY_LEN };
    pieces[2] = digest;

    rc = pl_hash_128(hash, pieces, PL_COUNT(pieces), whole);
    pl_hash_destroy(hash);
    memcpy(check, whole, PL_API_CHECK_LEN);

    return rc;
}


const char *
pl_api_request_id(const pl_api_call_t *call)
{
    char     hex[2 * PL_REQUEST_KEY_LEN + 1];
    char     check[2 * PL_API_CHECK_LEN + 1];
    uint8_t  key[PL_REQUEST_KEY_LEN];

    if (pl_api_key(call, 0, key) != PL_OK) {
        return NULL;
    }

    pl_hex_encode(key, sizeof(key), hex);
    pl_hex_encode(call->check, sizeof(call->check), check);

    if (call->sequence == 0) {
        return pl_arena_printf(call->ar, "req_%s%s", hex, check);
    }

    return !call->many
           ? pl_arena_printf(call->ar, "req_%s%s_%" PRIu64, hex, check,
                             call->sequence)
           : pl_arena_printf(call->ar, "req_%s%s_%" PRIu64 "_%zu_%zu", hex,
                             check, call->sequence, call->n_commands,
                             call->n_refused);
}


/* What was asked for, however its JSON was written. */

static pl_status_t
command_digest(pl_api_call_t *call, pl_err_t *err)
{
    size_t        i;
    pl_str_t      pieces[3 + PL_API_PARAMS_MAX];
    pl_hash_t    *hash;
    pl_status_t   rc;

    pieces[0] = pl_str_c(call->op->name);
    pieces[1] = command_packed(call, call->query);
    pieces[2] = command_packed(call, call->body);

    for (i = 0; i < PL_API_PARAMS_MAX; i++) {
        pieces[3 + i] = call->params[i];
    }

    hash = pl_hash_create();

    rc = hash == NULL || (call->body != NULL && pieces[2].data == NULL)
         ? PL_NOMEM
         : pl_hash_128(hash, pieces, PL_COUNT(pieces), call->digest);

    pl_hash_destroy(hash);

    return rc == PL_OK ? rc : pl_err_set(err, rc, "api", 0, "cannot hash");
}


static pl_str_t
command_packed(pl_api_call_t *call, const ProtobufCMessage *msg)
{
    uint8_t   *bytes;
    pl_str_t   packed = PL_STR_NULL;

    if (msg == NULL) {
        return packed;
    }

    bytes = pl_arena_alloc(call->ar, protobuf_c_message_get_packed_size(msg));

    if (bytes != NULL) {
        packed.data = bytes;
        packed.len = protobuf_c_message_pack(msg, bytes);
    }

    return packed;
}


/* For one, and from the second on for all that there may be. */

static pl_status_t
command_room(pl_api_call_t *call)
{
    size_t         room, *sizes;
    uint8_t      (*keys)[PL_REQUEST_KEY_LEN];
    Pl__Command  **commands;

    if (call->n_commands < call->room) {
        return PL_OK;
    }

    room = call->room == 0 ? 1 : PL_API_BULK_MAX;

    commands = pl_arena_alloc(call->ar, room * sizeof(Pl__Command *));
    keys = pl_arena_alloc(call->ar, room * sizeof(*keys));
    sizes = pl_arena_alloc(call->ar, room * sizeof(*sizes));

    if (commands == NULL || keys == NULL || sizes == NULL) {
        return PL_NOMEM;
    }

    if (call->n_commands != 0) {
        memcpy(commands, call->commands,
               call->n_commands * sizeof(Pl__Command *));
        memcpy(keys, call->keys, call->n_commands * sizeof(*keys));
        memcpy(sizes, call->sizes, call->n_commands * sizeof(*sizes));
    }

    call->commands = commands;
    call->keys = keys;
    call->sizes = sizes;
    call->room = room;

    return PL_OK;
}


/* The worker's queue holds them until they are on disk: they are counted. */

static pl_status_t
command_size(pl_api_call_t *call, const Pl__Command *command)
{
    size_t  size;

    size = protobuf_c_message_get_packed_size(&command->base);

    if (size > PL_BODY_MAX || size > PL_API_COMMANDS_MAX - call->bytes) {
        return pl_api_problem(call, PL_API_TOO_LARGE, NULL,
                              "what it asks for is more than %u bytes, or "
                              "one thing of it more than %u",
                              PL_API_COMMANDS_MAX, PL_BODY_MAX);
    }

    call->sizes[call->n_commands] = size;
    call->bytes += size;

    return PL_OK;
}


static bool
command_printable(pl_str_t key)
{
    size_t  i;

    for (i = 0; i < key.len; i++) {
        if (key.data[i] < 0x20 || key.data[i] > 0x7e) {
            return false;
        }
    }

    return true;
}

/*
 * The bytes on disk, held against lmdb-schema/golden: one file for each
 * record and each command, as this version's first stores have them. A file
 * that no longer reads, or reads as something else, is a store that no
 * longer opens: add an optional field and a new file instead, or a new
 * PL_SCHEMA_VERSION with a way from the old one.
 *
 *     # pl.Message            what it is
 *     # {"direction": …}      what it says
 *     00080110 …              envelope byte and packed message
 */

#include <dirent.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../src/core/crypto.h"
#include "../../src/core/record.h"
#include "../../src/core/share.h"
#include "../../src/engine/keys.h"
#include "../../src/engine/settings.h"
#include "../../src/engine/shapes.h"
#include "template.pb-c.h"


#define GOLDEN_BYTES_MAX  4096
#define GOLDEN_FILES_MAX  400


typedef struct {
    char        type[64];
    char        says[8192];
    uint8_t     bytes[GOLDEN_BYTES_MAX];
    size_t      len;
} golden_t;


static const ProtobufCMessageDescriptor *const  types[] = {
    &pl__journal_meta__descriptor,
    &pl__entry__descriptor,
    &pl__skip_row__descriptor,
    &pl__cycle_row__descriptor,
    &pl__state_meta__descriptor,
    &pl__global_settings__descriptor,
    &pl__settings_put__descriptor,
    &pl__tenant_settings__descriptor,
    &pl__channel_settings__descriptor,
    &pl__flow_settings__descriptor,
    &pl__contact__descriptor,
    &pl__contact_merge__descriptor,
    &pl__api_key__descriptor,
    &pl__group__descriptor,
    &pl__membership__descriptor,
    &pl__parked_status__descriptor,
    &pl__cap_record__descriptor,
    &pl__channel_state__descriptor,
    &pl__upload__descriptor,
    &pl__hold_record__descriptor,
    &pl__conversation__descriptor,
    &pl__message__descriptor,
    &pl__template_record__descriptor,
    &pl__effect__descriptor,
    &pl__attempt_record__descriptor,
    &pl__dead_letter__descriptor,
    &pl__unknown_send__descriptor,
    &pl__verdict__descriptor,
    &pl__quarantine__descriptor,
    &pl__timer__descriptor,
    &pl__audit_event__descriptor,
    &pl__change__descriptor,
    &pl__zone_record__descriptor,
    &pl__zone_database__descriptor,
    &pl__note__descriptor,
    &pl__unread__descriptor,
    &pl__subscription__descriptor,
    &pl__undelivered__descriptor,
    &pl__erasure__descriptor,
    &pl__tombstone__descriptor,
    &pl__aging__descriptor,
    &pl__import__descriptor,
};


/* The folder, from PARLEY_SRC, the working folder, or the one above it. */

static void
golden_dir(char *dir, size_t size)
{
    const char  *root = getenv("PARLEY_SRC");

    (void) snprintf(dir, size, "%s/lmdb-schema/golden",
                    root != NULL ? root : ".");

    if (access(dir, F_OK) != 0) {
        (void) snprintf(dir, size, "../lmdb-schema/golden");
    }
}


static void
golden_line(FILE *f, const char *lead, char *out, size_t size)
{
    size_t  len;

    assert_non_null(fgets(out, (int) size, f));
    len = strlen(out);
    assert_true(len > 0 && out[len - 1] == '\n');
    out[len - 1] = '\0';

    assert_memory_equal(out, lead, strlen(lead));
    memmove(out, out + strlen(lead), len - strlen(lead));
}


static void
golden_read(const char *dir, const char *name, golden_t *g)
{
    char    path[PATH_MAX], line[128];
    FILE   *f;
    size_t  n;

    (void) snprintf(path, sizeof(path), "%s/%s", dir, name);
    memset(g, 0, sizeof(*g));

    f = fopen(path, "r");
    assert_non_null(f);
    golden_line(f, "# ", g->type, sizeof(g->type));
    golden_line(f, "# ", g->says, sizeof(g->says));

    while (fgets(line, sizeof(line), f) != NULL) {
        n = strcspn(line, "\n") / 2;
        assert_true(g->len + n <= sizeof(g->bytes));
        assert_true(pl_hex_decode((pl_str_t) { (uint8_t *) line, 2 * n },
                                  g->bytes + g->len, n));
        g->len += n;
    }

    assert_int_equal(fclose(f), 0);
    assert_true(g->len > 0);
}


static const ProtobufCMessageDescriptor *
golden_type(const char *name)
{
    size_t  i;

    for (i = 0; i < PL_COUNT(types); i++) {
        if (strcmp(types[i]->name, name) == 0) {
            return types[i];
        }
    }

    return NULL;
}


static pl_str_t
golden_str(const golden_t *g)
{
    return (pl_str_t) { g->bytes, g->len };
}


/* Reads as what it says, and packs to the same bytes again. */

static void
golden_record(const pl_codec_t *codec, const char *name, const golden_t *g)
{
    char              *says;
    uint8_t            packed[GOLDEN_BYTES_MAX];
    pl_err_t           err;
    pl_str_t           json;
    pl_arena_t        *ar;
    ProtobufCMessage  *msg;

    if (golden_type(g->type) == NULL) {
        fail_msg("%s: no type %s", name, g->type);
    }

    ar = pl_arena_create(65536, 1u << 20);
    assert_non_null(ar);

    if (pl_record_read(PL_TABLE_MESSAGES, golden_str(g),
                       golden_type(g->type), ar, &msg, &err) != PL_OK)
    {
        fail_msg("%s: %s", name, err.text);
    }

    assert_int_equal(msg->n_unknown_fields, 0);
    assert_int_equal(protobuf_c_message_get_packed_size(msg) + 1, g->len);
    packed[0] = PL_ENVELOPE_PLAIN;
    (void) protobuf_c_message_pack(msg, packed + 1);
    assert_memory_equal(packed, g->bytes, g->len);

    assert_int_equal(pl_json_encode(codec, msg, ar, &json, &err), PL_OK);
    says = pl_arena_str(ar, json);
    assert_string_equal(says, g->says);

    pl_arena_destroy(ar);
}


static void
golden_sealed(const golden_t *g)
{
    char         aad[PL_SETTINGS_AAD_MAX];
    size_t       i;
    uint8_t      key[PL_KEY_LEN];
    pl_err_t     err;
    pl_str_t     plain, row;
    pl_arena_t  *ar;

    ar = pl_arena_create(4096, 65536);
    assert_non_null(ar);

    for (i = 0; i < sizeof(key); i++) {
        key[i] = (uint8_t) i;
    }

    row = pl_settings_token_aad(aad, "acme", "main");
    assert_memory_equal(g->says, row.data, row.len);
    assert_int_equal(pl_crypto_open(key, row, golden_str(g), ar, &plain,
                                    &err), PL_OK);
    assert_true(pl_str_eq(plain, PL_STR("test-token")));

    row = pl_settings_token_aad(aad, "acme", "other");
    assert_int_equal(pl_crypto_open(key, row, golden_str(g), ar, &plain,
                                    &err), PL_DENIED);

    pl_arena_destroy(ar);
}


static void
golden_index(const golden_t *g)
{
    char        hex[2 * GOLDEN_BYTES_MAX + 1];
    uint64_t    n;
    pl_str_t    bytes;
    pl_err_t    err;

    if (strcmp(g->type, "u64") == 0) {
        assert_int_equal(pl_record_read_u64(PL_TABLE_ADDRESSES,
                         golden_str(g), &n, &err), PL_OK);
        assert_int_equal(n, strtoull(g->says, NULL, 10));
        return;
    }

    assert_int_equal(pl_record_read_bytes(PL_TABLE_DUE, golden_str(g),
                     &bytes, &err), PL_OK);
    pl_hex_encode(bytes.data, bytes.len, hex);
    assert_string_equal(hex, g->says);
}


static void
test_files(void **state)
{
    DIR            *d;
    char            dir[PATH_MAX];
    size_t          n;
    golden_t        g;
    pl_err_t        err;
    pl_codec_t     *codec;
    struct dirent  *ent;

    (void) state;

    assert_int_equal(pl_shapes_codec(&codec, &err), PL_OK);
    golden_dir(dir, sizeof(dir));
    d = opendir(dir);
    assert_non_null(d);

    for (n = 0; n < GOLDEN_FILES_MAX && (ent = readdir(d)) != NULL; n++) {
        if (strstr(ent->d_name, ".hex") == NULL) {
            continue;
        }

        golden_read(dir, ent->d_name, &g);

        if (strcmp(g.type, "sealed") == 0) {
            golden_sealed(&g);

        } else if (strncmp(g.type, "pl.", 3) == 0) {
            golden_record(codec, ent->d_name, &g);

        } else {
            golden_index(&g);
        }
    }

    assert_int_equal(closedir(d), 0);
    assert_true(n > PL_COUNT(types));
    pl_codec_destroy(codec);
}


/* Is there a file of this type, and of this command where one is named? */

static bool
golden_there(const char *type, const char *command)
{
    DIR            *d;
    bool            found;
    char            dir[PATH_MAX], field[80];
    golden_t        g;
    struct dirent  *ent;

    golden_dir(dir, sizeof(dir));
    d = opendir(dir);
    assert_non_null(d);
    found = false;
    (void) snprintf(field, sizeof(field), "\"command\":{\"%s\":",
                    command == NULL ? "" : command);

    while (!found && (ent = readdir(d)) != NULL) {
        if (strstr(ent->d_name, ".hex") != NULL) {
            golden_read(dir, ent->d_name, &g);
            found = strcmp(g.type, type) == 0
                    && (command == NULL || strstr(g.says, field) != NULL);
        }
    }

    assert_int_equal(closedir(d), 0);

    return found;
}


/* Every record that a table names, and every command, has a file. */

static void
test_complete(void **state)
{
    char         list[256];
    char        *type, *next;
    unsigned     i;
    const char  *command;

    (void) state;

    for (i = 0; i < PL_TABLE_COUNT; i++) {
        if (strncmp(pl_store_tables[i].value, "pl.", 3) != 0) {
            continue;
        }

        (void) snprintf(list, sizeof(list), "%s", pl_store_tables[i].value);

        for (type = list; type != NULL; type = next) {
            next = strstr(type, ", ");
            if (next != NULL) {
                *next = '\0';
                next += 2;
            }

            if (!golden_there(type, NULL)) {
                fail_msg("no golden file of %s", type);
            }
        }
    }

    for (i = 0; i < pl__command__descriptor.n_fields; i++) {
        command = pl__command__descriptor.fields[i].name;

        if (!golden_there("pl.Entry", command)) {
            fail_msg("no golden file of the command %s", command);
        }
    }
}


static void
is_key(const pl_key_t *key, const char *hex)
{
    char  out[2 * PL_KEY_MAX + 1];

    assert_false(key->overflow);
    pl_hex_encode(key->data, key->len, out);
    assert_string_equal(out, hex);
}


/* Keys as the README has them. */

static void
test_keys(void **state)
{
    uint8_t     hash[16];
    pl_key_t    key;
    pl_party_t  party = { 1, PL__PARTY_KIND__PARTY_KIND_CONTACT, 4 };
    Pl__Effect  effect = PL__EFFECT__INIT;

    (void) state;

    memset(hash, 0xab, sizeof(hash));

    pl_key_seq(&key, 0x0102030405060708);
    is_key(&key, "0102030405060708");
    pl_key_tenant_seq(&key, 1, 2);
    is_key(&key, "000000010000000000000002");
    pl_key_party(&key, &party);
    is_key(&key, "00000001010000000000000004");
    pl_key_address(&key, 1, PL__ADDRESS_KIND__ADDRESS_KIND_PHONE,
                   PL_STR("49"));
    is_key(&key, "00000001013439");
    pl_key_dedupe(&key, 0x01020304, hash);
    is_key(&key, "01020304abababababababababababababababab");
    pl_key_request(&key, 1, hash);
    is_key(&key, "00000001abababababababababababababababab");
    pl_key_place(&key, PL__PARTY_KIND__PARTY_KIND_CONTACT, 4);
    is_key(&key, "010000000000000004");
    effect.id = 19;
    effect.tenant = 1;
    effect.channel = 5;
    effect.lane = PL__LANE__LANE_REMINDER;
    effect.due_ms = 7;
    pl_key_due(&key, &effect);
    is_key(&key, "00000001" "00000005" "02" "0000000000000007"
                 "0000000000000013");
    pl_key_timer(&key, 7, 23);
    is_key(&key, "00000000000000070000000000000017");
    pl_key_counter(&key, 1, "sent", 2, "x");
    is_key(&key, "0000000173656e74000000000278");
    pl_key_template(&key, 1, 2, "ab", "es_ES");
    is_key(&key, "0000000100000002" "616200" "65735f4553");
    pl_key_template(&key, 1, 2, "", "");
    is_key(&key, "0000000100000002" "00");
}


/* The mapped files as the README has them. */

static void
test_mapped(void **state)
{
    (void) state;

    assert_int_equal(PL_SHARE_MAGIC, 0x504c5332);
    assert_int_equal(offsetof(pl_share_t, magic), 0);
    assert_int_equal(offsetof(pl_share_t, awake), 4);
    assert_int_equal(offsetof(pl_share_t, working), 8);
    assert_int_equal(offsetof(pl_share_t, suspect), 16);
    assert_int_equal(offsetof(pl_share_t, strikes), 24);
    assert_int_equal(offsetof(pl_share_t, crash_test), 28);
    assert_int_equal(offsetof(pl_share_t, unused), 32);
    assert_int_equal(offsetof(pl_share_t, item), 48);
    assert_int_equal(offsetof(pl_share_t, suspect_item), 52);
    assert_int_equal(sizeof(pl_share_t), 56);

    assert_int_equal(PL_PROGRESS_MAGIC, 0x504c5052);
    assert_int_equal(PL_INFLIGHT_MAX, 1024);
    assert_int_equal(offsetof(pl_progress_t, magic), 0);
    assert_int_equal(offsetof(pl_progress_t, slots), 4);
    assert_int_equal(offsetof(pl_progress_t, boot), 8);
    assert_int_equal(offsetof(pl_progress_t, slot), 24);
    assert_int_equal(offsetof(pl_progress_t, newest), 24600);
    assert_int_equal(offsetof(pl_progress_t, newest_ms), 24608);
    assert_int_equal(offsetof(pl_slot_t, effect), 0);
    assert_int_equal(offsetof(pl_slot_t, epoch), 8);
    assert_int_equal(offsetof(pl_slot_t, stage), 16);
    assert_int_equal(sizeof(pl_slot_t), 24);

    assert_int_equal(PL_PACE_MAGIC, 0x504c5043);
    assert_int_equal(PL_PACE_PAIRS, 262144);
    assert_int_equal(offsetof(pl_pace_t, magic), 0);
    assert_int_equal(offsetof(pl_pace_t, pairs), 4);
    assert_int_equal(offsetof(pl_pace_t, boot), 8);
    assert_int_equal(offsetof(pl_pace_t, channel), 24);
    assert_int_equal(offsetof(pl_pace_t, tenant), 1048600);
    assert_int_equal(offsetof(pl_pace_t, pair), 2097176);
    assert_int_equal(offsetof(pl_pace_row_t, left_us), 0);
    assert_int_equal(offsetof(pl_pace_row_t, departed), 8);
    assert_int_equal(offsetof(pl_pace_pair_t, key), 0);
    assert_int_equal(offsetof(pl_pace_pair_t, tat_us), 8);
    assert_int_equal(sizeof(pl_pace_t), 6291480);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_complete),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_mapped),
    };

    (void) cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}

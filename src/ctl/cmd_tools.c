/*
 * What needs no store: decode, sign, schema, keygen, manual and
 * --version.
 */

#include <string.h>

#include "../channel/channel_print.h"
#include "../channel/whatsapp.h"
#include "../core/str.h"
#include "cmd.h"


static pl_str_t tools_trim(pl_str_t s);
static pl_status_t tools_sign(plctl_t *ctl, const char *const *words,
    char *out, pl_err_t *err);


int
plctl_cmd_decode(plctl_t *ctl, const char *const *words, unsigned n_words)
{
    pl_err_t             err = { 0 };
    pl_str_t             body, lines;
    pl_status_t          rc;
    pl_decoded_t         decoded;
    const pl_channel_t  *channel;

    (void) n_words;

    memset(&decoded, 0, sizeof(pl_decoded_t));
    channel = pl_channel_find(pl_str_c(words[0]));

    if (channel == NULL) {
        plctl_note(ctl, "decode: there is no provider \"%s\"", words[0]);
        return PLCTL_EXIT_USAGE;
    }

    rc = plctl_file(ctl, words[1], PL_BODY_MAX, &body, &err);

    if (rc == PL_OK) {
        rc = plctl_shapes(ctl, &err);
    }

    if (rc != PL_OK) {
        return plctl_fail(ctl, &err);
    }

    rc = channel->decode(ctl->shapes, body, ctl->ar, &decoded, &err);
    if (rc != PL_OK) {
        return plctl_place(ctl, words[1], &err);
    }

    rc = pl_channel_print(ctl->shapes, &decoded, ctl->ar, &lines, &err);
    if (rc != PL_OK) {
        return plctl_fail(ctl, &err);
    }

    (void) fwrite(lines.data, 1, lines.len, ctl->out);  /* main asks ferror */

    return PLCTL_EXIT_OK;
}


int
plctl_cmd_sign(plctl_t *ctl, const char *const *words, unsigned n_words)
{
    char                    out[PL_WHATSAPP_SIGNATURE_LEN + 1];
    pl_err_t                err = { 0 };
    Pl__Ctl__SignatureRow   row;

    (void) n_words;

    if (strcmp(words[0], pl_whatsapp.name) != 0) {
        plctl_note(ctl, "sign: there is no provider \"%s\" that signs",
                   words[0]);
        return PLCTL_EXIT_USAGE;
    }

    if (tools_sign(ctl, words, out, &err) != PL_OK) {
        return plctl_fail(ctl, &err);
    }

    if (!ctl->json) {
        fprintf(ctl->out, "%s\n", out);
        return PLCTL_EXIT_OK;
    }

    pl__ctl__signature_row__init(&row);
    row.signature = out;

    return plctl_json(ctl, &row.base, &err) == PL_OK ? PLCTL_EXIT_OK
                                                     : plctl_fail(ctl, &err);
}


static pl_status_t
tools_sign(plctl_t *ctl, const char *const *words, char *out, pl_err_t *err)
{
    pl_mac_t     *mac;
    pl_str_t      secret, body;
    pl_status_t   rc;

    rc = plctl_file(ctl, words[1], PL_BODY_MAX, &secret, err);

    if (rc == PL_OK) {
        rc = plctl_file(ctl, words[2], PLCTL_FILE_MAX, &body, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    secret = tools_trim(secret);

    if (secret.len == 0) {
        rc = pl_err_set(err, PL_INVALID, "sign", 0, "holds no secret");
        pl_err_path(err, "%s", words[1]);
        return rc;
    }

    mac = pl_mac_create(secret);
    if (mac == NULL) {
        return pl_err_set(err, PL_NOMEM, "sign", 0, "out of memory");
    }

    rc = pl_whatsapp_sign(mac, &body, 1, out);
    pl_mac_destroy(mac);

    if (rc != PL_OK) {
        return pl_err_set(err, rc, "sign", 0, "libcrypto failed");
    }

    return PL_OK;
}


static pl_str_t
tools_trim(pl_str_t s)
{
    while (s.len > 0 && strchr(" \t\r\n", s.data[0]) != NULL) {
        s.data++;
        s.len--;
    }

    while (s.len > 0 && strchr(" \t\r\n", s.data[s.len - 1]) != NULL) {
        s.len--;
    }

    return s;
}


int
plctl_cmd_schema(plctl_t *ctl, const char *const *words, unsigned n_words)
{
    unsigned             i;
    pl_err_t             err = { 0 };
    const char          *env;
    const pl_table_t    *table;
    Pl__Ctl__SchemaRow   row;

    (void) words;
    (void) n_words;

    if (plctl_cmd_version(ctl, NULL, 0) != PLCTL_EXIT_OK) {
        return PLCTL_EXIT_FAILED;
    }

    for (i = 0; i < PL_TABLE_COUNT; i++) {
        table = &pl_store_tables[i];
        env = table->env == PL_ENV_STATE ? "state" : "journal";

        if (!ctl->json) {
            fprintf(ctl->out, "\n%s/%s\n    key    %s\n    value  %s\n"
                    "    note   %s\n", env, table->name, table->key,
                    table->value, table->note);
            continue;
        }

        pl__ctl__schema_row__init(&row);
        row.environment = (char *) env;
        row.table = (char *) table->name;
        row.key = (char *) table->key;
        row.value = (char *) table->value;
        row.note = (char *) table->note;

        if (plctl_json(ctl, &row.base, &err) != PL_OK) {
            return plctl_fail(ctl, &err);
        }
    }

    return PLCTL_EXIT_OK;
}


int
plctl_cmd_keygen(plctl_t *ctl, const char *const *words, unsigned n_words)
{
    int               status;
    char              hex[2 * PL_KEY_LEN + 1];
    uint8_t           key[PL_KEY_LEN];
    pl_err_t          err = { 0 };
    Pl__Ctl__KeyRow   row;

    if (n_words == 1) {
        return pl_crypto_key_make(words[0], &err) == PL_OK
               ? PLCTL_EXIT_OK : plctl_fail(ctl, &err);
    }

    if (pl_crypto_random(key, sizeof(key)) != PL_OK) {
        (void) pl_err_set(&err, PL_IO, "keygen", 0, "no random bytes");
        return plctl_fail(ctl, &err);
    }

    pl_hex_encode(key, sizeof(key), hex);
    status = PLCTL_EXIT_OK;

    if (!ctl->json) {
        fprintf(ctl->out, "%s\n", hex);

    } else {
        pl__ctl__key_row__init(&row);
        row.key = hex;

        if (plctl_json(ctl, &row.base, &err) != PL_OK) {
            status = plctl_fail(ctl, &err);
        }
    }

    pl_crypto_wipe(key, sizeof(key));
    pl_crypto_wipe(hex, sizeof(hex));

    return status;
}


int
plctl_cmd_manual(plctl_t *ctl, const char *const *words, unsigned n_words)
{
    (void) words;
    (void) n_words;

    plctl_help_man(ctl->out, plctl_commands, plctl_commands_count);

    return PLCTL_EXIT_OK;
}


int
plctl_cmd_version(plctl_t *ctl, const char *const *words, unsigned n_words)
{
    pl_err_t              err = { 0 };
    Pl__Ctl__VersionRow   row;

    (void) words;
    (void) n_words;

    if (!ctl->json) {
        fprintf(ctl->out, "parleyctl %s, schema %d, engine %d\n", PL_VERSION,
                PL_SCHEMA_VERSION, PL_ENGINE_VERSION);
        return PLCTL_EXIT_OK;
    }

    pl__ctl__version_row__init(&row);
    row.version = (char *) PL_VERSION;
    row.schema = PL_SCHEMA_VERSION;
    row.engine = PL_ENGINE_VERSION;

    return plctl_json(ctl, &row.base, &err) == PL_OK ? PLCTL_EXIT_OK
                                                     : plctl_fail(ctl, &err);
}

/*
 * tenant import: reads an export of another store (leaver.h) into a tenant
 * that has nothing yet.
 *
 * The file is read twice. First all of it is held against its last line, its
 * own digest, and the channels that are here, so that a mistake in the last
 * line is told before the first record is asked for. Then its records go to
 * the journal, piece by piece, each behind the fold of the one before; who
 * was interrupted runs it again, and it goes on where it was.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../core/record.h"
#include "../core/str.h"
#include "../engine/import_impl.h"
#include "../engine/leaver_numbers.h"
#include "cmd.h"
#include "import.h"

#define IMPORT_LINE_MAX      (8u * 1024 * 1024)
#define IMPORT_BYTES_MAX     (256u * 1024)      /* of rows, of one command */
#define IMPORT_ARENA         (1024 * 1024)
#define IMPORT_ARENA_MAX     (64u * 1024 * 1024)
#define IMPORT_CHANNELS_MAX  20000              /* of a store (docs) */

typedef struct {
    uint32_t  there;
    uint32_t  here;
} import_channel_t;

typedef struct {
    plctl_t                *ctl;
    const char             *tenant;
    const char             *path;
    uint32_t                id;
    FILE                   *file;
    char                   *text;           /* the line at hand */
    size_t                  len;
    unsigned                line;           /* its number, from 1 */
    pl_arena_t             *ar;             /* of a line, or of a piece */
    pl_hash_t              *hash;
    Pl__Leaver__Head       *head;           /* in ctl's arena */
    Pl__Leaver__End        *end;            /* likewise; NULL: not reached */
    uint8_t                 digest[PL_SHA256_LEN];
    uint64_t                rows[PL_LEAVER_PARTS];
    import_channel_t       *channels;
    size_t                  n_channels;
    bool                    second;         /* reading */
    bool                    whole;          /* it is here already */
    uint64_t                skip;           /* records that are here already */
    uint64_t                records;        /* seen in this reading */
    uint64_t                from;           /* of the piece at hand */
    size_t                  n, bytes;
    Pl__ImportRecord       *piece[PL_IMPORT_RECORDS_MAX];
} import_t;

static pl_status_t import_both(import_t *im, pl_err_t *err);
static pl_status_t import_lines(import_t *im, pl_err_t *err);
static pl_status_t import_line(import_t *im, bool *end, pl_err_t *err);
static pl_status_t import_head(import_t *im, pl_err_t *err);
static pl_status_t import_one(import_t *im, pl_err_t *err);
static pl_status_t import_split(import_t *im, Pl__Leaver__Line **line,
    pl_leaver_e *part, ProtobufCMessage **row, pl_err_t *err);
static pl_status_t import_channel(import_t *im,
    const Pl__ChannelSettings *row, pl_err_t *err);
static pl_status_t import_number(void *data, pl_number_e what, uint64_t *n,
    pl_err_t *err);
static pl_status_t import_add(import_t *im, Pl__Leaver__Line *line,
    ProtobufCMessage *row, pl_err_t *err);
static pl_status_t import_last(import_t *im, pl_err_t *err);
static pl_status_t import_before(import_t *im, pl_err_t *err);
static pl_status_t import_ask(import_t *im, bool last, pl_err_t *err);
static int import_report(import_t *im, const plctl_import_aside_t *aside);


int
plctl_cmd_tenant_import(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    import_t     im = { .ctl = ctl, .tenant = words[0], .path = words[1] };
    pl_err_t     err = { 0 };
    pl_status_t  rc;

    plctl_import_aside_t  aside = { 0, 0, false };

    (void) n_words;

    rc = plctl_open_tenant(ctl, im.tenant, &im.id, &err);

    if (rc != PL_OK) {
        return plctl_fail(ctl, &err);
    }

    im.file = fopen(im.path, "re");
    im.text = malloc(IMPORT_LINE_MAX + 1);
    im.ar = pl_arena_create(IMPORT_ARENA, IMPORT_ARENA_MAX);
    im.hash = pl_hash_create();
    im.channels = pl_arena_alloc(ctl->ar, IMPORT_CHANNELS_MAX
                                          * sizeof(*im.channels));

    rc = im.file == NULL
         ? pl_err_set(&err, PL_IO, "import", errno, "cannot open %s", im.path)
         : im.text == NULL || im.ar == NULL || im.hash == NULL
           || im.channels == NULL
         ? pl_err_set(&err, PL_NOMEM, "import", 0, "out of memory")
         : import_both(&im, &err);

    pl_hash_destroy(im.hash);
    pl_arena_destroy(im.ar);
    free(im.text);

    if (im.file != NULL) {
        (void) fclose(im.file);         /* it was read */
    }

    if (rc == PL_OK) {
        im.line = 0;
        rc = plctl_import_aside(ctl, im.id, &aside, &err);
    }

    if (rc == PL_OK) {
        return import_report(&im, &aside);
    }

    err.line = im.line;

    return im.line != 0 ? plctl_place(ctl, im.path, &err)
                        : plctl_fail(ctl, &err);
}


static pl_status_t
import_both(import_t *im, pl_err_t *err)
{
    pl_status_t  rc;

    rc = import_lines(im, err);

    if (rc == PL_OK) {
        im->line = 0;
        rc = import_before(im, err);
    }

    if (rc == PL_OK && im->whole) {
        return PL_OK;                   /* this very file was read in */
    }

    if (rc == PL_OK && fseek(im->file, 0, SEEK_SET) != 0) {
        rc = pl_err_set(err, PL_IO, "import", errno, "cannot read it twice");
    }

    if (rc != PL_OK) {
        return rc;
    }

    im->second = true;
    im->records = 0;
    im->from = im->skip;
    pl_arena_reset(im->ar);
    rc = import_lines(im, err);

    if (rc == PL_OK) {
        im->line = 0;
        rc = import_ask(im, true, err);
    }

    return rc;
}


static pl_status_t
import_lines(import_t *im, pl_err_t *err)
{
    bool         end = false;
    pl_status_t  rc;

    im->line = 0;
    im->end = NULL;

    if (pl_hash_begin(im->hash) != PL_OK) {
        return pl_err_set(err, PL_IO, "import", 0, "cannot hash");
    }

    rc = import_line(im, &end, err);
    if (rc == PL_OK) {
        rc = import_head(im, err);
    }

    while (rc == PL_OK) {
        rc = import_line(im, &end, err);

        if (rc != PL_OK || end) {
            break;
        }

        if (im->end != NULL) {
            return pl_err_set(err, PL_INVALID, "import", 0,
                              "there is something behind the last line");
        }

        rc = im->len > 10 && memcmp(im->text, "{\"counts\":", 10) == 0
             ? import_last(im, err) : import_one(im, err);
    }

    return rc == PL_OK && im->end == NULL
           ? pl_err_set(err, PL_INVALID, "import", 0,
                        "the last line is missing: it was cut off") : rc;
}


/* The next line, without its end, into text; all but the last is hashed. */

static pl_status_t
import_line(import_t *im, bool *end, pl_err_t *err)
{
    int     c = EOF;
    size_t  n = 0;

    /* not getline, which takes memory for as long as no line ends */

    while (n < IMPORT_LINE_MAX && (c = getc_unlocked(im->file)) != EOF) {
        im->text[n++] = (char) c;

        if (c == '\n') {
            break;
        }
    }

    *end = n == 0;

    if (n == 0 || (c == EOF && ferror(im->file))) {
        return ferror(im->file)
               ? pl_err_set(err, PL_IO, "import", errno, "cannot read it")
               : im->line == 0
               ? pl_err_set(err, PL_INVALID, "import", 0, "it is empty")
               : PL_OK;
    }

    im->line++;

    if (im->text[n - 1] != '\n') {
        return c == EOF
               ? pl_err_set(err, PL_INVALID, "import", 0,
                            "a line without an end: it was cut off")
               : pl_err_set(err, PL_TOOBIG, "import", 0,
                            "a line of more than %u bytes", IMPORT_LINE_MAX);
    }

    im->text[n] = '\0';

    im->len = n - 1;

    if (strncmp(im->text, "{\"counts\":", 10) != 0
        && pl_hash_add(im->hash, im->text, n) != PL_OK)
    {
        return pl_err_set(err, PL_IO, "import", 0, "cannot hash");
    }

    return PL_OK;
}


static pl_status_t
import_head(import_t *im, pl_err_t *err)
{
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    if (im->second) {
        return PL_OK;
    }

    rc = pl_json_decode(im->ctl->shapes, &pl__leaver__head__descriptor,
                        (pl_str_t) { (uint8_t *) im->text, im->len }, 0,
                        im->ctl->ar, &msg, err);
    if (rc != PL_OK) {
        return rc;
    }

    im->head = (Pl__Leaver__Head *) msg;

    return strcmp(im->head->format, PL_LEAVER_FORMAT) == 0
           ? PL_OK
           : pl_err_set(err, PL_INVALID, "import", 0,
                        "it is no export of a tenant that this version "
                        "reads (" PL_LEAVER_FORMAT ")");
}


static pl_status_t
import_one(import_t *im, pl_err_t *err)
{
    pl_leaver_e         part = PL_LEAVER_TENANT;
    pl_status_t         rc;
    ProtobufCMessage   *row = NULL;
    Pl__Leaver__Line   *line = NULL;

    if (im->n == 0) {
        pl_arena_reset(im->ar);
    }

    rc = import_split(im, &line, &part, &row, err);
    if (rc != PL_OK) {
        return rc;
    }

    im->rows[part] += !im->second;

    if (part == PL_LEAVER_CHANNELS && !im->second) {
        return import_channel(im, (const Pl__ChannelSettings *) row, err);
    }

    if (!pl_leaver_comes(part)) {
        return PL_OK;
    }

    rc = pl_leaver_numbers(&line->base, import_number, im, err);
    if (rc == PL_OK) {
        rc = pl_leaver_numbers(row, import_number, im, err);
    }

    im->records++;

    return rc == PL_OK && im->second && im->records > im->skip
           ? import_add(im, line, row, err) : rc;
}


/* {"table":…,"row":{…}}: what is in front of the row, and the row. */

static pl_status_t
import_split(import_t *im, Pl__Leaver__Line **line, pl_leaver_e *part,
    ProtobufCMessage **row, pl_err_t *err)
{
    int                n;
    char              *at;
    pl_str_t           front, back;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    at = strstr(im->text, PL_LEAVER_ROW);

    if (at == NULL || im->text[im->len - 1] != '}') {
        return pl_err_set(err, PL_INVALID, "import", 0, "it has no row");
    }

    back.data = (uint8_t *) at + sizeof(PL_LEAVER_ROW) - 1;
    back.len = im->len - 1 - (size_t) ((char *) back.data - im->text);
    front.data = (uint8_t *) im->text;
    front.len = (size_t) (at - im->text) + 1;
    *at = '}';

    rc = pl_json_decode(im->ctl->shapes, &pl__leaver__line__descriptor,
                        front, 0, im->ar, &msg, err);
    if (rc != PL_OK) {
        return rc;
    }

    *line = (Pl__Leaver__Line *) msg;
    n = pl_leaver_named((*line)->table);

    if (n < 0) {
        return pl_err_set(err, PL_INVALID, "import", 0,
                          "there is no such table: \"%s\"",
                          plctl_clean(im->ar, (*line)->table));
    }

    *part = (pl_leaver_e) n;

    return pl_json_decode(im->ctl->shapes, pl_leaver_type(*part), back, 0,
                          im->ar, row, err);
}


/* The channel of this name that the tenant has here. */

static pl_status_t
import_channel(import_t *im, const Pl__ChannelSettings *row, pl_err_t *err)
{
    size_t                    i;
    const pl_channel_conf_t  *c;

    for (i = 1; (c = pl_settings_channel(im->ctl->settings, (uint32_t) i))
                != NULL; i++)
    {
        if (c->tenant != im->id || strcmp(c->row->name, row->name) != 0) {
            continue;
        }

        if (strcmp(c->row->provider, row->provider) != 0) {
            return pl_err_set(err, PL_INVALID, "import", 0,
                              "the channel \"%s\" is of %s there, and of %s "
                              "here", plctl_clean(im->ctl->ar, row->name),
                              plctl_clean(im->ctl->ar, row->provider),
                              c->row->provider);
        }

        if (im->n_channels == IMPORT_CHANNELS_MAX) {
            return pl_err_set(err, PL_TOOBIG, "import", 0,
                              "more than %d channels", IMPORT_CHANNELS_MAX);
        }

        im->channels[im->n_channels].there = row->id;
        im->channels[im->n_channels++].here = (uint32_t) i;
        return PL_OK;
    }

    return pl_err_set(err, PL_NOTFOUND, "import", 0,
                      "the tenant has no channel \"%s\" here (%s): make it "
                      "first", plctl_clean(im->ctl->ar, row->name),
                      plctl_clean(im->ctl->ar, row->provider));
}


/* Channels and the tenant get this store's numbers; all else the fold does. */

static pl_status_t
import_number(void *data, pl_number_e what, uint64_t *n, pl_err_t *err)
{
    size_t     i;
    import_t  *im = data;

    if (what == PL_NUMBER_TENANT) {
        *n = im->id;
    }

    if (what == PL_NUMBER_RECORD && *n >= im->head->span) {
        return pl_err_set(err, PL_INVALID, "import", 0,
                          "a number past those of its store");
    }

    if (what != PL_NUMBER_CHANNEL || *n == 0) {
        return PL_OK;
    }

    for (i = 0; i < im->n_channels; i++) {
        if (im->channels[i].there == *n) {
            *n = im->channels[i].here;
            return PL_OK;
        }
    }

    return pl_err_set(err, PL_INVALID, "import", 0,
                      "a channel that the export does not have");
}


static pl_status_t
import_add(import_t *im, Pl__Leaver__Line *line, ProtobufCMessage *row,
    pl_err_t *err)
{
    size_t             size;
    uint8_t           *bytes;
    pl_status_t        rc;
    Pl__ImportRecord  *record;

    size = protobuf_c_message_get_packed_size(row) + 1;
    bytes = pl_arena_alloc(im->ar, size);
    record = pl_arena_alloc(im->ar, sizeof(*record));

    if (bytes == NULL || record == NULL) {
        return pl_err_set(err, PL_NOMEM, "import", 0, "out of memory");
    }

    bytes[0] = PL_ENVELOPE_PLAIN;
    (void) protobuf_c_message_pack(row, bytes + 1);     /* its size is ours */

    pl__import_record__init(record);
    record->line = line;
    record->row.data = bytes;
    record->row.len = size;
    im->piece[im->n++] = record;
    im->bytes += size;

    if (im->n < PL_IMPORT_RECORDS_MAX && im->bytes < IMPORT_BYTES_MAX) {
        return PL_OK;
    }

    rc = import_ask(im, false, err);
    im->from += im->n;
    im->n = 0;
    im->bytes = 0;
    pl_arena_reset(im->ar);

    return rc;
}


static pl_status_t
import_last(import_t *im, pl_err_t *err)
{
    int                 part;
    char                hex[2 * PL_SHA256_LEN + 1];
    size_t              i;
    pl_status_t         rc;
    ProtobufCMessage   *msg;

    rc = pl_json_decode(im->ctl->shapes, &pl__leaver__end__descriptor,
                        (pl_str_t) { (uint8_t *) im->text, im->len }, 0,
                        im->ctl->ar, &msg, err);
    if (rc != PL_OK) {
        return rc;
    }

    im->end = (Pl__Leaver__End *) msg;

    if (pl_hash_end(im->hash, im->digest) != PL_OK) {
        return pl_err_set(err, PL_IO, "import", 0, "cannot hash");
    }

    pl_hex_encode(im->digest, PL_SHA256_LEN, hex);

    if (strcmp(hex, im->end->sha256) != 0) {
        return pl_err_set(err, PL_INVALID, "import", 0,
                          "it was changed: its SHA-256 is %s", hex);
    }

    for (i = 0; i < im->end->n_counts; i++) {
        part = pl_leaver_named(im->end->counts[i]->table);

        if (part < 0 || im->rows[part] != im->end->counts[i]->rows) {
            return pl_err_set(err, PL_INVALID, "import", 0,
                              "the count of %s is another",
                              plctl_clean(im->ctl->ar,
                                          im->end->counts[i]->table));
        }
    }

    return PL_OK;
}


/* How far an earlier run of this file came. */

static pl_status_t
import_before(import_t *im, pl_err_t *err)
{
    Pl__Import   *row;
    pl_status_t   rc;

    rc = plctl_import_row(im->ctl, im->id, &row, err);

    if (rc == PL_OK && row->digest.len == PL_SHA256_LEN
        && memcmp(row->digest.data, im->digest, PL_SHA256_LEN) == 0)
    {
        im->whole = row->has_ended_ms;
        im->skip = row->records;
    }

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static pl_status_t
import_ask(import_t *im, bool last, pl_err_t *err)
{
    Pl__Command        command = PL__COMMAND__INIT;
    Pl__TenantImport   in = PL__TENANT_IMPORT__INIT;

    in.tenant = im->id;
    in.digest.data = im->digest;
    in.digest.len = sizeof(im->digest);
    in.from = im->from;
    in.has_span = im->from == 0;
    in.span = im->head->span;
    in.n_records = im->n;
    in.records = im->piece;
    in.n_counts = last ? im->end->n_counts : 0;
    in.counts = last ? im->end->counts : NULL;
    in.actor = (char *) plctl_actor(im->ctl);

    command.of_case = PL__COMMAND__OF_TENANT_IMPORT;
    command.tenant_import = &in;

    return plctl_import_asked(im->ctl, im->id, &command, im->ar, err);
}


static int
import_report(import_t *im, const plctl_import_aside_t *aside)
{
    pl_err_t              err = { 0 };
    Pl__Ctl__LeaverRow    row = PL__CTL__LEAVER_ROW__INIT;

    row.tenant = (char *) im->tenant;
    row.file = (char *) im->path;
    row.state = (char *) "imported";
    row.lines = im->records;
    row.waited = im->end->waited;
    row.sha256 = im->end->sha256;
    row.has_read = aside->read != 0;
    row.read = aside->read;
    row.has_stayed = aside->stayed != 0;
    row.stayed = aside->stayed;

    if (im->ctl->json) {
        return plctl_json(im->ctl, &row.base, &err) == PL_OK
               ? PLCTL_EXIT_OK : plctl_fail(im->ctl, &err);
    }

    fprintf(im->ctl->out, "%s: imported: %" PRIu64 " records, sha256 %s\n",
            row.tenant, row.lines, row.sha256);
    if (aside->read + aside->stayed != 0) {
        plctl_import_told(im->ctl, im->tenant, aside);
    }

    return PLCTL_EXIT_OK;
}

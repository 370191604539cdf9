/*
 * What every command of parleyctl works with: the opened store, the codec,
 * arenas, and how things are said. A command takes what it needs: nothing is
 * opened for a command that does not ask.
 *
 * Output
 *
 * - stdout carries the answer, stderr "parleyctl: …" and nothing else.
 * - Text from outside (names, messages, paths, reasons) goes through
 *   plctl_clean before it reaches a terminal: control characters and those
 *   that turn the direction of text around are shown as escapes.
 * - No secret is ever printed, sealed or not: of a token only that it is
 *   set.
 */

#ifndef PLCTL_CTL_H_INCLUDED
#define PLCTL_CTL_H_INCLUDED

#include <stdio.h>

#include "../core/arena.h"
#include "../core/clock.h"
#include "../core/json.h"
#include "../core/share.h"
#include "../core/store.h"
#include "../engine/journal.h"
#include "../engine/settings.h"
#include "args.h"
#include "ctl.pb-c.h"

#define PLCTL_ARENA_BLOCK   (64u * 1024)
#define PLCTL_ARENA_MAX     PL_DECODE_ARENA_MAX
#define PLCTL_FILE_MAX      (64u * 1024 * 1024)     /* of a file read whole */
#define PLCTL_READ_AGE_MS   (24 * 3600LL * 1000)    /* check, replay */

typedef struct plctl_s  plctl_t;

struct plctl_s {
    const plctl_args_t  *args;
    const char          *dir;           /* absolute; of the store */
    bool                 json;
    FILE                *out;
    FILE                *err;
    const pl_clock_t    *clock;
    pl_arena_t          *ar;            /* lives as long as the command */
    pl_codec_t          *shapes;        /* the engine's; NULL until opened */
    pl_codec_t          *rows;          /* of ctl.proto, for output */
    pl_store_t          *st;            /* NULL until opened */
    pl_shared_t         *sh;
    pl_settings_t       *settings;      /* names of tenants and channels */
    int64_t              ahead_ms;      /* the clock of the tenant at hand,
                                           before the journal's (when.c) */
};

extern const plctl_command_t  plctl_commands[];
extern const size_t           plctl_commands_count;

/* ---- ctl.c: opening and ending -------------------------------------- */

/* PL_NOMEM; err names what is missing. */
pl_status_t plctl_create(plctl_t *ctl, const plctl_args_t *args, FILE *out,
    FILE *err_out, pl_err_t *err);
void plctl_destroy(plctl_t *ctl);

/* The engine's codec, made on the first call. */
pl_status_t plctl_shapes(plctl_t *ctl, pl_err_t *err);

/*
 * Opens the store that --store, the environment or the default names, joins
 * its members, holds journal and state against each other, and reads the
 * settings. A store that is not sound is an error.
 */
pl_status_t plctl_open(plctl_t *ctl, pl_err_t *err);

/* The same, for a command about the tenant of this name; PL_NOTFOUND. */
pl_status_t plctl_open_tenant(plctl_t *ctl, const char *name, uint32_t *id,
    pl_err_t *err);

/*
 * The same for commands that look at what is wrong: a store whose journal
 * and state do not fit, or whose settings cannot be read, stays open;
 * problem says so (status other than PL_OK). settings may then be NULL.
 */
pl_status_t plctl_open_any(plctl_t *ctl, pl_err_t *problem, pl_err_t *err);

/* Reads the settings of the open store anew; those of before are gone. */
pl_status_t plctl_settings(plctl_t *ctl, pl_err_t *err);

/* dir made absolute, in ctl's arena; a folder that is not there is fine. */
const char *plctl_absolute(plctl_t *ctl, const char *dir);

/* A whole file, "-" for stdin, in ctl's arena. PL_TOOBIG past max. */
pl_status_t plctl_file(plctl_t *ctl, const char *path, size_t max,
    pl_str_t *out, pl_err_t *err);

/* ---- wait.c: asking for something ----------------------------------- */

/* Who is at the keyboard. In ctl's arena. */
const char *plctl_actor(plctl_t *ctl);

/*
 * Appends a command, and waits a while until it is folded. *folded false:
 * nobody has come to it. *appended: where it stands.
 */
pl_status_t plctl_ask(plctl_t *ctl, const Pl__Command *command,
    pl_appended_t *appended, bool *folded, pl_err_t *err);

/*
 * The same for n of them, in one append: they are the entries from
 * appended->first on. wait: else it looks once.
 */
pl_status_t plctl_ask_all(plctl_t *ctl, const Pl__Command *commands,
    size_t n, bool wait, pl_appended_t *appended, bool *folded,
    pl_err_t *err);

#define PLCTL_ASK_MAX  256          /* commands of one append */

/* The last entry that is wholly folded. */
pl_status_t plctl_folded(plctl_t *ctl, uint64_t *entry, pl_err_t *err);

/* Says that an entry is not yet folded, and why that may be. */
void plctl_pending(plctl_t *ctl, const char *what, uint64_t entry);

/* ---- when.c: times on the command line ------------------------------ */

/*
 * Reads a time, or "+" and how much later than now by the journal's time.
 * Without an open store only the form is looked at. PL_INVALID: err says
 * which option is wrong.
 */
pl_status_t plctl_when(plctl_t *ctl, const char *option, const char *text,
    int64_t *when_ms, pl_err_t *err);

/* ---- say.c: how things are said ------------------------------------- */

/* "parleyctl: what: why" to stderr; returns PLCTL_EXIT_FAILED. */
int plctl_fail(plctl_t *ctl, const pl_err_t *err);
/* "FILE:LINE:COLUMN: path: reason", as editors read it; the same status. */
int plctl_place(plctl_t *ctl, const char *file, const pl_err_t *err);

void plctl_note(plctl_t *ctl, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* One object and a newline, to stdout. */
pl_status_t plctl_json(plctl_t *ctl, const ProtobufCMessage *row,
    pl_err_t *err);

/* In ar. Never NULL: an exhausted arena gives "…". */
const char *plctl_print(pl_arena_t *ar, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
const char *plctl_clean(pl_arena_t *ar, const char *text);
const char *plctl_clean_bytes(pl_arena_t *ar, const uint8_t *data,
    size_t len);
const char *plctl_time(pl_arena_t *ar, int64_t time_ms);    /* 0: "-" */
const char *plctl_hex(pl_arena_t *ar, const uint8_t *data, size_t len);
const char *plctl_id(pl_arena_t *ar, const char *prefix, uint64_t id);
const char *plctl_bytes(pl_arena_t *ar, uint64_t bytes);    /* "1.2 MiB" */

/* An enum's value as JSON shows it: "in", "delivered". */
const char *plctl_enum(pl_arena_t *ar, const ProtobufCEnumDescriptor *type,
    int value);

/* Names, or the number where the settings do not know it. In ar. */
const char *plctl_tenant_name(const plctl_t *ctl, pl_arena_t *ar,
    uint32_t id);
const char *plctl_channel_name(const plctl_t *ctl, pl_arena_t *ar,
    uint32_t id);
const char *plctl_party_name(pl_arena_t *ar, Pl__PartyKind kind,
    uint64_t party);

/* The tenant of this name; PL_NOTFOUND. Removed ones too. */
pl_status_t plctl_tenant(plctl_t *ctl, const char *name, uint32_t *id,
    pl_err_t *err);

/* What a message says, on one line; its type where it says nothing. */
const char *plctl_content(pl_arena_t *ar, const Pl__Content *content);

/* Takes away the provider's JSON, also of what an edit says. */
void plctl_content_bare(Pl__Content *content);

#endif /* PLCTL_CTL_H_INCLUDED */

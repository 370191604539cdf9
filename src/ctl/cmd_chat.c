/*
 * chat: a talk with a flow in the terminal, or through a pipe. What is typed
 * is what the person writes; a line that begins with "/" is a line of a
 * script (script.h), or asks what is known (chat.h).
 */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../core/str.h"
#include "chat.h"
#include "cmd.h"
#include "local.h"
#include "moment.h"
#include "stage.h"

#define CHAT_LATER_MAX_MS  (366LL * 86400 * 1000)
#define CHAT_NAME          "Anna"

/* Verbs whose word is the rest of the line, quotes and all. */
typedef struct {
    const char    *name;
    plctl_verb_e   verb;
} chat_rest_t;

static int chat_run(plctl_t *ctl, plctl_stage_t *stage);
static bool chat_begin(plctl_chat_t *chat, plctl_stage_t *stage,
    pl_err_t *err);
static bool chat_time(plctl_t *ctl, plctl_chat_t *chat, int64_t *now_ms);
static void chat_talk(plctl_chat_t *chat);
static bool chat_read(plctl_chat_t *chat, char *buf, size_t size,
    bool *whole);
static bool chat_line(plctl_chat_t *chat, char *text, unsigned number);
static pl_status_t chat_parse(plctl_chat_t *chat, char *text,
    unsigned number, plctl_line_t *line, pl_err_t *err);
static bool chat_rest(plctl_line_t *line, char *text, unsigned number);
static void chat_wrong(plctl_chat_t *chat, const pl_err_t *err);


static const chat_rest_t  chat_rests[] = {
    { "send ", PLCTL_VERB_AGENT },
    { "echo ", PLCTL_VERB_ECHO },
    { "form ", PLCTL_VERB_FORM },
};


int
plctl_cmd_chat(plctl_t *ctl, const char *const *words, unsigned n_words)
{
    int             status;
    plctl_stage_t   stage;

    status = plctl_stage_set(ctl, &stage, words, n_words);

    if (status == PLCTL_EXIT_OK) {
        stage.world.keep = ctl->args->keep;
        status = chat_run(ctl, &stage);
    }

    plctl_stage_end(&stage);

    return status;
}


static int
chat_run(plctl_t *ctl, plctl_stage_t *stage)
{
    int            status;
    pl_err_t       err = { 0 };
    plctl_chat_t   chat;

    memset(&chat, 0, sizeof(chat));
    chat.terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);

    if (plctl_play_begin(&chat.play, ctl, &stage->world, NULL, &err)
        != PL_OK)
    {
        return plctl_fail(ctl, &err);
    }

    if (!chat_time(ctl, &chat, &chat.play.conf.now_ms)) {
        plctl_note(ctl, "--at: is no time: 2027-03-01T10:00, or +2h");
        return PLCTL_EXIT_USAGE;
    }

    if (!chat_begin(&chat, stage, &err)) {
        status = plctl_fail(ctl, &err);

    } else {
        chat_talk(&chat);
        status = chat.failed && !chat.terminal ? PLCTL_EXIT_FAILED
                                               : PLCTL_EXIT_OK;
    }

    plctl_play_end(&chat.play);

    return status;
}


/* The person is known before they write, so that events can begin a flow. */

static bool
chat_begin(plctl_chat_t *chat, plctl_stage_t *stage, pl_err_t *err)
{
    plctl_t         *ctl;
    plctl_line_t     line;

    ctl = chat->play.ctl;
    memset(&line, 0, sizeof(line));
    line.verb = PLCTL_VERB_CONTACT;
    line.source = "";
    line.n_words = 1;
    line.words[0].text = ctl->args->given & PLCTL_OPT_NAME ? ctl->args->name
                                                           : CHAT_NAME;

    if (ctl->args->given & PLCTL_OPT_LANGUAGE) {
        line.n_words = 3;
        line.words[1].text = "language";
        line.words[2].text = ctl->args->language;
    }

    if (plctl_play_line(&chat->play, &line, err) != PL_OK) {
        return false;
    }

    if (chat->terminal) {
        fprintf(ctl->out, "%s, at %s; /help says what there is\n",
                plctl_clean(ctl->ar, stage->flows[0]->name),
                plctl_local_print(ctl->ar, chat->play.zone,
                                  plctl_world_now(chat->play.world)));
    }

    plctl_chat_news(chat);

    return true;
}


static bool
chat_time(plctl_t *ctl, plctl_chat_t *chat, int64_t *now_ms)
{
    int64_t  later;

    *now_ms = pl_clock_wall_ms(ctl->clock);

    if (!(ctl->args->given & PLCTL_OPT_AT)) {
        return true;
    }

    if (ctl->args->at[0] != '+') {
        return plctl_local_moment(chat->play.zone, ctl->args->at, now_ms);
    }

    if (!plctl_span(ctl->args->at + 1, CHAT_LATER_MAX_MS, &later)) {
        return false;
    }

    *now_ms += later;

    return true;
}


static void
chat_talk(plctl_chat_t *chat)
{
    char       buf[PLCTL_SCRIPT_LINE_MAX + 2];
    bool       whole;
    unsigned   number;

    for (number = 1; plctl_world_signal() == 0; number++) {

        if (chat->terminal) {
            fputs("> ", chat->play.ctl->out);
        }

        (void) fflush(chat->play.ctl->out);     /* main asks ferror */

        if (!chat_read(chat, buf, sizeof(buf), &whole)) {
            return;
        }

        if (!whole) {
            plctl_note(chat->play.ctl, "%u: a line has at most %d bytes",
                       number, PLCTL_SCRIPT_LINE_MAX);
            chat->failed = true;

        } else if (!chat_line(chat, buf, number)) {
            return;
        }
    }
}


/* A line without its end. What is too long is read to its end, and gone. */

static bool
chat_read(plctl_chat_t *chat, char *buf, size_t size, bool *whole)
{
    int     c;
    size_t  len;

    (void) chat;

    len = 0;
    *whole = true;

    while ((c = getc(stdin)) != EOF && c != '\n') {
        if (len + 1 < size && c != '\0') {
            buf[len++] = (char) c;

        } else {
            *whole = false;
        }
    }

    buf[len] = '\0';

    return c != EOF || len != 0;
}


/* False: it was the last one. */

static bool
chat_line(plctl_chat_t *chat, char *text, unsigned number)
{
    pl_err_t        err = { 0 };
    pl_status_t     rc;
    plctl_line_t    line;

    if (strcmp(text, "/quit") == 0) {
        return false;
    }

    if (text[0] == '/' && plctl_chat_ask(chat, text + 1)) {
        return true;
    }

    rc = chat_parse(chat, text, number, &line, &err);

    if (rc == PL_OK && line.verb != PLCTL_VERB_NONE) {
        rc = plctl_play_line(&chat->play, &line, &err);
    }

    plctl_chat_news(chat);

    if (rc != PL_OK) {
        chat_wrong(chat, &err);
    }

    return true;
}


static pl_status_t
chat_parse(plctl_chat_t *chat, char *text, unsigned number,
    plctl_line_t *line, pl_err_t *err)
{
    const char   *row;
    pl_status_t   rc;

    if (text[0] != '/') {
        row = text[strspn(text, " \t\r")] == '\0'
              ? "" : pl_arena_printf(chat->play.ctl->ar, "> %s", text);

    } else if (chat_rest(line, text + 1, number)) {
        return PL_OK;

    } else {
        row = strncmp(text, "/at +", 5) == 0 ? text + 4 : text + 1;
    }

    if (row == NULL) {
        return pl_err_set(err, PL_NOMEM, "", 0, "out of memory");
    }

    rc = plctl_script_line(pl_str_c(row), number, chat->play.ctl->ar, line,
                           err);

    return rc == PL_OK && plctl_play_expects(line)
           ? pl_err_set(err, PL_INVALID, "", 0,
                        "begins with no word that is known; /help says what "
                        "there is")
           : rc;
}


static bool
chat_rest(plctl_line_t *line, char *text, unsigned number)
{
    size_t  i, len;

    for (i = 0; i < PL_COUNT(chat_rests); i++) {
        len = strlen(chat_rests[i].name);

        if (strncmp(text, chat_rests[i].name, len) == 0) {
            memset(line, 0, sizeof(*line));
            line->verb = chat_rests[i].verb;
            line->line = number;
            line->column = 1;
            line->source = text;
            line->n_words = 1;
            line->words[0].text = text + len;
            line->words[0].column = (unsigned) len + 2;
            return true;
        }
    }

    return false;
}


static void
chat_wrong(plctl_chat_t *chat, const pl_err_t *err)
{
    plctl_t  *ctl;

    ctl = chat->play.ctl;
    chat->failed = true;

    (void) fflush(ctl->out);            /* main asks ferror */
    plctl_note(ctl, "%s%s%s", plctl_clean(ctl->ar, err->path),
               err->path[0] != '\0' ? ": " : "",
               plctl_clean(ctl->ar, err->text[0] != '\0'
                                    ? err->text
                                    : pl_status_name(err->status)));
}

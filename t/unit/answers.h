/*
 * Runs the files of t/fixtures/answers: a line "@ language kind options"
 * says what is asked, each line "text => expectation" what is answered to
 * it.
 *
 *     value       it is read, and saved so
 *     ?reason     unclear, for that reason; "?" for any
 *     -           no answer
 *     !           anything but read
 *
 * Options: per=month, fraction, negative, money, percent, past, numbered,
 * min=, max=, least=, most= (whole numbers), now=2027-03-03T12:00, tap=id.
 * "\u{2009}" stands for a character.
 */

#ifndef ANSWERS_H_INCLUDED
#define ANSWERS_H_INCLUDED

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/core/str.h"
#include "../../src/engine/answer.h"

#define ANSWERS_LINE_MAX   1024
#define ANSWERS_ARENA_MAX  (16u * 1024 * 1024)

typedef struct {
    char            language[16];
    char            tap[64];
    pl_question_t   question;
} answers_ask_t;

/* A lead's buckets, as the flow that ships has them. */
static const pl_bucket_t  answers_buckets[] = {
    { "<100", 0, 100 * 1000, false, true },
    { "100-300", 100 * 1000, 300 * 1000, true, true },
    { "300+", 300 * 1000, 0, true, false },
};

static const char *const  answers_google[] = { "adwords", "g ads" };
static const char *const  answers_meta[] = {
    "facebook", "insta*", "fb"
};
static const char *const  answers_none[] = { "keine", "none", "gar nichts" };

static const pl_choice_t  answers_choices[] = {
    { "google", "Google Ads", answers_google, 2, NULL },
    { "maps", "Google", NULL, 0, NULL },
    { "meta", "Meta", answers_meta, 3, NULL },
    { "rooms", "2 Zimmer (Standort Köln)", NULL, 0, NULL },
    { "none", "Keine Werbung", answers_none, 3, NULL },
};


static inline void
answers_option(answers_ask_t *ask, const char *word)
{
    long long       n = 0;
    const char     *value = strchr(word, '=');
    pl_question_t  *q = &ask->question;

    value = value == NULL ? "" : value + 1;
    n = strtoll(value, NULL, 10);

    if (strncmp(word, "per=", 4) == 0) {
        assert_true(pl_answer_per(pl_str_c(value), &q->per));

    } else if (strcmp(word, "fraction") == 0) {
        q->fraction = true;

    } else if (strcmp(word, "negative") == 0) {
        q->negative = true;

    } else if (strcmp(word, "money") == 0) {
        q->money = true;

    } else if (strcmp(word, "percent") == 0) {
        q->percent = true;

    } else if (strcmp(word, "past") == 0) {
        q->past = true;

    } else if (strcmp(word, "numbered") == 0) {
        q->numbered = true;

    } else if (strncmp(word, "min=", 4) == 0) {
        q->has_min = true;
        q->min = n * 1000;

    } else if (strncmp(word, "max=", 4) == 0) {
        q->has_max = true;
        q->max = n * 1000;

    } else if (strncmp(word, "least=", 6) == 0) {
        q->least = (size_t) n;

    } else if (strncmp(word, "most=", 5) == 0) {
        q->most = (size_t) n;

    } else if (strncmp(word, "tap=", 4) == 0) {
        (void) snprintf(ask->tap, sizeof(ask->tap), "%s", value);

    } else if (strncmp(word, "now=", 4) == 0) {
        assert_int_equal(sscanf(value, "%d-%d-%dT%d:%d", &q->now.year,
                                &q->now.month, &q->now.day, &q->now.hour,
                                &q->now.minute), 5);

    } else {
        fail_msg("no such option: %s", word);
    }
}


static inline void
answers_ask(answers_ask_t *ask, char *line)
{
    int    n = 0;
    char  *word, *save = NULL;

    memset(ask, 0, sizeof(*ask));
    ask->question.now = (pl_when_t) { 2027, 3, 3, 12, 0 };  /* Wednesday */
    ask->question.buckets = answers_buckets;
    ask->question.n_buckets = PL_COUNT(answers_buckets);
    ask->question.choices = answers_choices;
    ask->question.n_choices = PL_COUNT(answers_choices);

    for (word = strtok_r(line, " ", &save); word != NULL;
         word = strtok_r(NULL, " ", &save), n++)
    {
        if (n == 0) {
            (void) snprintf(ask->language, sizeof(ask->language), "%s", word);

        } else if (n == 1) {
            assert_true(pl_answer_kind(pl_str_c(word), &ask->question.kind));

        } else {
            answers_option(ask, word);
        }
    }
}


/* "\u{2009}" becomes the character, in place. */

static inline void
answers_unescape(char *text)
{
    char      *p, *end;
    uint8_t    utf8[4];
    size_t     n;
    uint32_t   cp;

    while ((p = strstr(text, "\\u{")) != NULL) {
        cp = (uint32_t) strtoul(p + 3, &end, 16);
        assert_int_equal(*end, '}');
        n = 0;

        if (cp < 0x80) {
            utf8[n++] = (uint8_t) cp;

        } else if (cp < 0x800) {
            utf8[n++] = (uint8_t) (0xc0 | (cp >> 6));

        } else if (cp < 0x10000) {
            utf8[n++] = (uint8_t) (0xe0 | (cp >> 12));
            utf8[n++] = (uint8_t) (0x80 | ((cp >> 6) & 0x3f));

        } else {
            utf8[n++] = (uint8_t) (0xf0 | (cp >> 18));
            utf8[n++] = (uint8_t) (0x80 | ((cp >> 12) & 0x3f));
            utf8[n++] = (uint8_t) (0x80 | ((cp >> 6) & 0x3f));
        }

        if (cp >= 0x80) {
            utf8[n++] = (uint8_t) (0x80 | (cp & 0x3f));
        }

        memcpy(p, utf8, n);
        memmove(p + n, end + 1, strlen(end + 1) + 1);
    }
}


static inline pl_reading_t
answers_read(const answers_ask_t *ask, const char *text, pl_arena_t *ar)
{
    pl_said_t      said = { 0 };
    pl_reading_t   out;

    said.text = pl_str_c(text);
    said.language = ask->language;
    said.tapped = ask->tap[0] == '\0' ? NULL : ask->tap;
    assert_int_equal(pl_answer_read(&ask->question, &said, ar, &out), PL_OK);
    assert_true(out.to <= said.text.len && out.from <= out.to);
    assert_true(out.meant == PL_ANSWER_READ ? out.value != NULL
                                            : out.reason != NULL);

    return out;
}


static inline bool
answers_good(const pl_reading_t *out, const char *want)
{
    switch (want[0]) {

    case '!':
        return out->meant != PL_ANSWER_READ;

    case '?':
        return out->meant == PL_ANSWER_UNCLEAR
               && (want[1] == '\0' || strcmp(out->reason, want + 1) == 0);

    case '-':
        if (want[1] == '\0') {
            return out->meant == PL_ANSWER_NONE;
        }

        /* fall through */

    default:
        return out->meant == PL_ANSWER_READ && strcmp(out->value, want) == 0;
    }
}


/* Does a row hold? If not, it is named. */

static inline bool
answers_row(const pl_reading_t *out, const char *want, const char *name,
    int line, const char *text, const char *docs)
{
    char  reason[64];

    if (docs != NULL && out->meant != PL_ANSWER_READ) {
        (void) snprintf(reason, sizeof(reason), "\n| `%s` |", out->reason);

        if (strstr(docs, reason) == NULL) {
            fail_msg("no such reason in the docs: %s", out->reason);
        }
    }

    if (answers_good(out, want)) {
        return true;
    }

    print_message("# %s:%d: \"%s\": wanted %s, got %s%s\n", name, line, text,
                  want, out->meant == PL_ANSWER_NONE ? "- "
                        : out->meant == PL_ANSWER_UNCLEAR ? "?" : "",
                  out->meant == PL_ANSWER_READ ? out->value : out->reason);

    return false;
}


/*
 * Runs a file of the source, or the blocks of it that are fenced as
 * "answers"; every row that does not hold is named. docs, unless NULL, has a
 * table row for each reason that is met.
 */
static inline void
answers_path(const char *name, bool fenced, const char *docs)
{
    bool            in = !fenced;
    int             line = 0, rows = 0, bad = 0;
    char            buf[ANSWERS_LINE_MAX], *arrow;
    FILE           *f;
    const char     *root, *path;
    pl_arena_t     *ar;
    pl_reading_t    out;
    answers_ask_t   ask;

    ar = pl_arena_create(65536, ANSWERS_ARENA_MAX);
    root = getenv("PARLEY_SRC");
    path = pl_arena_printf(ar, "%s/%s", root != NULL ? root : ".", name);
    assert_non_null(path);
    f = fopen(path, "r");
    assert_non_null(f);
    assert_non_null(ar);

    while (fgets(buf, sizeof(buf), f) != NULL) {
        line++;
        buf[strcspn(buf, "\n")] = '\0';

        if (fenced && strncmp(buf, "```", 3) == 0) {
            in = strcmp(buf, "```answers") == 0;
            continue;
        }

        if (!in || buf[0] == '\0' || strncmp(buf, "# ", 2) == 0) {
            continue;
        }

        if (buf[0] == '@' && buf[1] == ' ') {
            answers_ask(&ask, buf + 2);
            continue;
        }

        arrow = strstr(buf, " => ");
        if (arrow == NULL) {
            fail_msg("%s:%d: no arrow", name, line);
        }

        *arrow = '\0';
        answers_unescape(buf);
        out = answers_read(&ask, buf, ar);
        rows++;

        bad += !answers_row(&out, arrow + 4, name, line, buf, docs);
        pl_arena_reset(ar);
    }

    (void) fclose(f);
    pl_arena_destroy(ar);
    print_message("# %s: %d rows\n", name, rows);
    assert_true(rows > 0);
    assert_int_equal(bad, 0);
}


static inline void
answers_file(const char *name)
{
    char  path[ANSWERS_LINE_MAX];

    (void) snprintf(path, sizeof(path), "t/fixtures/answers/%s.txt", name);
    answers_path(path, false, NULL);
}

#endif /* ANSWERS_H_INCLUDED */

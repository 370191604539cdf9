/*
 * Questions: what a step asks, as answer.h has it. Answers to them are
 * flow_parse.c's.
 */

#include <stdio.h>
#include <string.h>

#include "../core/str.h"
#include "flow_impl.h"

#define ASK_PARTS  1000                 /* numbers are thousandths */

static void ask_compile(flow_check_t *check, const Pl__FlowStep *step,
    flow_ask_t *ask, const char *path);
static void ask_kind(flow_ask_t *ask);
static void ask_fits(flow_check_t *check, const Pl__FlowAsk *row,
    const char *path);
static void ask_buckets(flow_check_t *check, flow_ask_t *ask,
    const char *path);
static void ask_gaps(flow_check_t *check, const Pl__FlowAsk *row,
    const char *path);
static void ask_choices(flow_check_t *check, const Pl__FlowStep *step,
    flow_ask_t *ask, const char *path);
static void ask_choice(flow_check_t *check, const Pl__FlowStep *step,
    const Pl__FlowChoice *from, pl_choice_t *to, const char *path);
static void ask_spellings(flow_check_t *check, pl_choice_t *choice);
static size_t ask_offered(const Pl__FlowSay *say, size_t i, const char **id,
    const char **title);
static const char *ask_title(const Pl__FlowSay *say, const char *id);
static void ask_yes_no(flow_ask_t *ask);
static bool ask_has_digit(const char *s);
static pl_per_e ask_per(const Pl__FlowAsk *row);


void
pl_flow_ask_compile(flow_check_t *check)
{
    char        path[PL_ERR_PATH_MAX];
    size_t      i;
    pl_flow_t  *flow = check->flow;

    flow->asks = pl_flow_room(check, flow->n_steps, sizeof(*flow->asks));

    for (i = 0; i < flow->n_steps && !check->nomem; i++) {
        if (flow->by_name[i]->ask != NULL) {
            ask_compile(check, flow->by_name[i], &flow->asks[i],
                        pl_flow_path(path, "steps", ".%s.ask",
                                     flow->by_name[i]->name));
        }
    }
}


static void
ask_compile(flow_check_t *check, const Pl__FlowStep *step, flow_ask_t *ask,
    const char *path)
{
    char                at[PL_ERR_PATH_MAX];
    pl_err_t            err;
    pl_question_t      *q = &ask->question;
    const Pl__FlowAsk  *row = step->ask;

    ask->row = step;
    ask_kind(ask);
    ask_fits(check, row, path);

    q->per = ask_per(row);
    q->fraction = row->fraction;
    q->money = row->money;
    q->percent = row->percent;
    q->past = row->past;
    q->has_min = row->has_min;
    q->has_max = row->has_max;
    q->min = row->min * ASK_PARTS;
    q->max = row->max * ASK_PARTS;
    q->negative = row->has_min && row->min < 0;

    if (q->kind == PL_ANSWER_TEXT) {
        q->least = row->min > 0 ? (size_t) row->min : 0;
        q->most = row->max > 0 ? (size_t) row->max : 0;
    }

    ask_buckets(check, ask, path);
    ask_choices(check, step, ask, path);

    if (row->as == PL__FLOW_ANSWER__FLOW_ANSWER_YES_NO) {
        ask_yes_no(ask);
    }

    if (check->nomem) {
        return;
    }

    if (pl_answer_check(q, &err) != PL_OK) {
        pl_flow_mistake(check, FLOW_ERROR,
                        pl_flow_path(at, path, "%s%s",
                                     err.path[0] == '\0' ? "" : ".",
                                     err.path), 0, "%s", err.text);

    } else if (pl_answer_prepare(q, check->flow->ar) != PL_OK) {
        check->nomem = true;
    }
}


static void
ask_kind(flow_ask_t *ask)
{
    static const pl_answer_e  kinds[] = {
        [PL__FLOW_ANSWER__FLOW_ANSWER_YES_NO] = PL_ANSWER_YES,
        [PL__FLOW_ANSWER__FLOW_ANSWER_NUMBER] = PL_ANSWER_NUMBER,
        [PL__FLOW_ANSWER__FLOW_ANSWER_CHOICE] = PL_ANSWER_CHOICE,
        [PL__FLOW_ANSWER__FLOW_ANSWER_DATE] = PL_ANSWER_DATE,
        [PL__FLOW_ANSWER__FLOW_ANSWER_TIME] = PL_ANSWER_TIME,
        [PL__FLOW_ANSWER__FLOW_ANSWER_DATE_TIME] = PL_ANSWER_MOMENT,
        [PL__FLOW_ANSWER__FLOW_ANSWER_TEXT] = PL_ANSWER_TEXT,
        [PL__FLOW_ANSWER__FLOW_ANSWER_EMAIL] = PL_ANSWER_EMAIL,
        [PL__FLOW_ANSWER__FLOW_ANSWER_PHONE] = PL_ANSWER_PHONE,
    };
    const Pl__FlowAsk  *row = ask->row->ask;

    ask->question.kind = (size_t) row->as < PL_COUNT(kinds)
                         ? kinds[row->as] : PL_ANSWER_TEXT;

    if (ask->question.kind == PL_ANSWER_NUMBER && row->n_buckets != 0) {
        ask->question.kind = PL_ANSWER_BUCKET;
    }
}


static void
ask_fits(flow_check_t *check, const Pl__FlowAsk *row, const char *path)
{
    char  at[PL_ERR_PATH_MAX];
    bool  number = row->as == PL__FLOW_ANSWER__FLOW_ANSWER_NUMBER;
    bool  text = row->as == PL__FLOW_ANSWER__FLOW_ANSWER_TEXT;
    bool  choice = row->as == PL__FLOW_ANSWER__FLOW_ANSWER_CHOICE
                   || row->as == PL__FLOW_ANSWER__FLOW_ANSWER_YES_NO;
    bool  date = row->as == PL__FLOW_ANSWER__FLOW_ANSWER_DATE
                 || row->as == PL__FLOW_ANSWER__FLOW_ANSWER_TIME
                 || row->as == PL__FLOW_ANSWER__FLOW_ANSWER_DATE_TIME;
    size_t       i;
    flow_word_t  word;
    const struct {
        bool         wrong;
        const char  *field;
        const char  *says;
    } rows[] = {
        { row->n_choices != 0 && !choice, "choices",
          "only of a choice, or of yes_no" },
        { row->n_buckets != 0 && !number, "buckets", "only of a number" },
        { row->has_per && !number, "per", "only of a number" },
        { row->has_fraction && !number, "fraction", "only of a number" },
        { row->has_money && !number, "money", "only of a number" },
        { row->has_percent && !number, "percent", "only of a number" },
        { row->has_min && !number && !text, "min",
          "only of a number or a text" },
        { row->has_max && !number && !text, "max",
          "only of a number or a text" },
        { row->has_past && !date, "past", "only of a date or time" },
        { row->question != NULL && pl_flow_text_next(row->question, &word),
          "question", "is said as it is: no placeholder stands in it" },
    };

    for (i = 0; i < PL_COUNT(rows); i++) {
        if (rows[i].wrong) {
            pl_flow_mistake(check, FLOW_ERROR,
                            pl_flow_path(at, path, ".%s", rows[i].field), 0,
                            "%s", rows[i].says);
        }
    }
}


static void
ask_buckets(flow_check_t *check, flow_ask_t *ask, const char *path)
{
    size_t              i;
    pl_bucket_t        *rows;
    const Pl__FlowAsk  *row = ask->row->ask;

    if (row->n_buckets == 0) {
        return;
    }

    rows = pl_flow_room(check, row->n_buckets, sizeof(*rows));
    if (rows == NULL) {
        return;
    }

    for (i = 0; i < row->n_buckets; i++) {
        rows[i].name = row->buckets[i]->value;
        rows[i].has_from = row->buckets[i]->has_from;
        rows[i].from = row->buckets[i]->from * ASK_PARTS;
        rows[i].has_below = row->buckets[i]->has_below;
        rows[i].below = row->buckets[i]->below * ASK_PARTS;
    }

    ask->question.buckets = rows;
    ask->question.n_buckets = row->n_buckets;
    ask_gaps(check, row, path);
}


/* A number that no bucket has is asked for again, and again. */

static void
ask_gaps(flow_check_t *check, const Pl__FlowAsk *row, const char *path)
{
    char                   at[PL_ERR_PATH_MAX];
    size_t                 i;
    const Pl__FlowBucket  *low, *high;

    for (i = 1; i < row->n_buckets; i++) {
        low = row->buckets[i - 1];
        high = row->buckets[i];

        if (low->has_below && high->has_from && low->below < high->from) {
            pl_flow_mistake(check, FLOW_WARNING,
                            pl_flow_path(at, path, ".buckets[%zu]", i), 0,
                            "no bucket has the numbers from %lld below %lld",
                            (long long) low->below, (long long) high->from);
        }
    }
}


/* Those of the file, or the buttons or rows that are offered. */

static void
ask_choices(flow_check_t *check, const Pl__FlowStep *step, flow_ask_t *ask,
    const char *path)
{
    char                 at[PL_ERR_PATH_MAX];
    size_t               i, n;
    pl_choice_t         *rows;
    const Pl__FlowAsk   *row = step->ask;

    n = row->n_choices != 0 || step->say == NULL
        ? row->n_choices : ask_offered(step->say, SIZE_MAX, NULL, NULL);

    n = n > PL_ANSWER_CHOICES_MAX ? PL_ANSWER_CHOICES_MAX : n;

    if (n == 0 && row->as == PL__FLOW_ANSWER__FLOW_ANSWER_CHOICE) {
        pl_flow_mistake(check, FLOW_ERROR, path, 0,
                        "a choice needs choices, or buttons or a list");
    }

    rows = pl_flow_room(check, n, sizeof(*rows));
    ask->values = pl_flow_room(check, n, sizeof(*ask->values));

    if (rows == NULL || ask->values == NULL) {
        return;
    }

    ask->question.numbered = true;

    for (i = 0; i < n; i++) {
        if (row->n_choices == 0) {
            (void) ask_offered(step->say, i, &rows[i].id, &rows[i].title);
            ask->values[i] = rows[i].id;

        } else {
            ask->values[i] = row->choices[i]->value;
            ask_choice(check, step, row->choices[i], &rows[i],
                       pl_flow_path(at, path, ".choices[%zu]", i));
        }

        ask_spellings(check, &rows[i]);

        if (ask_has_digit(rows[i].title) || ask_has_digit(ask->values[i])) {
            ask->question.numbered = false;     /* "2" may be either */
        }
    }

    ask->question.choices = rows;
    ask->question.n_choices = n;
}


static void
ask_choice(flow_check_t *check, const Pl__FlowStep *step,
    const Pl__FlowChoice *from, pl_choice_t *to, const char *path)
{
    char  at[PL_ERR_PATH_MAX];

    to->id = from->id != NULL ? from->id : from->value;
    to->title = from->title != NULL ? from->title
                                    : ask_title(step->say, to->id);
    to->words = (const char *const *) from->words;
    to->n_words = from->n_words;

    if (from->pattern != NULL) {
        to->pattern = pl_flow_pattern(check, pl_flow_path(at, path,
                                      ".pattern"), from->pattern);
    }
}


/* "Grün" is "gruen" too; marks alone answer.h takes away itself. */

static void
ask_spellings(flow_check_t *check, pl_choice_t *choice)
{
    size_t          i, n = choice->n_words;
    const char    **words, *from;
    flow_phrase_t   phrase;

    words = pl_flow_room(check, 2 * n + 1, sizeof(*words));

    if (words == NULL || 2 * n + 1 > PL_ANSWER_WORDS_MAX) {
        return;
    }

    if (n != 0) {
        memcpy(words, choice->words, n * sizeof(*words));
    }

    for (i = 0; i <= choice->n_words; i++) {
        from = i < choice->n_words ? choice->words[i] : choice->title;

        if (from == NULL || strchr(from, '*') != NULL) {
            continue;
        }

        if (pl_flow_phrase(check->flow->ar, pl_str_c(from), &phrase)
            != PL_OK)
        {
            check->nomem = true;
            return;
        }

        if (!pl_str_eq(phrase.plain.text, phrase.umlauts.text)) {
            words[n++] = (const char *) phrase.umlauts.text.data;
        }
    }

    choice->words = words;
    choice->n_words = n;
}


/* The button or row i of a say; how many there are, in any case. */

static size_t
ask_offered(const Pl__FlowSay *say, size_t i, const char **id,
    const char **title)
{
    size_t              n, k, s;
    const Pl__Section  *section;

    if (say->n_buttons != 0) {
        if (i < say->n_buttons) {
            *id = say->buttons[i]->id;
            *title = say->buttons[i]->title;
        }

        return say->n_buttons;
    }

    for (n = 0, s = 0; say->list != NULL && s < say->list->n_sections; s++) {
        section = say->list->sections[s];

        for (k = 0; k < section->n_rows; k++, n++) {
            if (n == i) {
                *id = section->rows[k]->id;
                *title = section->rows[k]->title;
            }
        }
    }

    return n;
}


static const char *
ask_title(const Pl__FlowSay *say, const char *id)
{
    size_t       i, n;
    const char  *is, *title;

    if (say == NULL) {
        return NULL;
    }

    n = ask_offered(say, SIZE_MAX, NULL, NULL);

    for (i = 0; i < n; i++) {
        (void) ask_offered(say, i, &is, &title);

        if (strcmp(is, id) == 0) {
            return title;
        }
    }

    return NULL;
}


/* A choice of "yes" or "no" adds words, and ids of buttons. */

static void
ask_yes_no(flow_ask_t *ask)
{
    size_t                i;
    pl_question_t        *q = &ask->question;
    const Pl__FlowAsk    *row = ask->row->ask;

    for (i = 0; i < row->n_choices; i++) {
        if (strcmp(row->choices[i]->value, "yes") == 0) {
            q->yes = (const char *const *) row->choices[i]->words;
            q->n_yes = row->choices[i]->n_words;

        } else if (strcmp(row->choices[i]->value, "no") == 0) {
            q->no = (const char *const *) row->choices[i]->words;
            q->n_no = row->choices[i]->n_words;
        }
    }
}


static bool
ask_has_digit(const char *s)
{
    return s != NULL && strpbrk(s, "0123456789") != NULL;
}


static pl_per_e
ask_per(const Pl__FlowAsk *row)
{
    static const pl_per_e  pers[] = {
        [PL__FLOW_PER__FLOW_PER_DAY] = PL_PER_DAY,
        [PL__FLOW_PER__FLOW_PER_WEEK] = PL_PER_WEEK,
        [PL__FLOW_PER__FLOW_PER_MONTH] = PL_PER_MONTH,
    };

    return row->has_per ? pers[row->per] : PL_PER_NONE;
}

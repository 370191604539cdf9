/*
 * Fuzz target: what people say, read as an answer to every kind of question
 * and judged by the lists that ship. The first bytes choose the language,
 * the question's options and how much memory there is; the rest is the text.
 *
 * What must hold: a reading has a value, or a reason; a value is UTF-8 and
 * within its limit; what was read lies in the text; a number lies within
 * bounds, and thousands are never read as their first group; a date is one;
 * scores are 0 to 1000.
 */

#include <string.h>

#include "../../src/engine/answer.h"
#include "../../src/engine/judge.h"
#include "fuzz.h"

#define SAID_HEAD       4
#define SAID_ARENA_MAX  (4u * 1024 * 1024)

static const char *const  said_languages[] = {
    "de", "en", "nl", "fr", "es", "it", "de-CH", "en-US", "de en fr", "xx",
    NULL
};

static const pl_bucket_t  said_buckets[] = {
    { "<100", 0, 100 * 1000, false, true },
    { "100-300", 100 * 1000, 300 * 1000, true, true },
    { "300+", 300 * 1000, 0, true, false },
};

static const char *const  said_words[] = { "insta*", "*book", "f b" };

static const pl_choice_t  said_choices[] = {
    { "a", "Google Ads", NULL, 0, NULL },
    { "b", "Google", NULL, 0, NULL },
    { "c", "Meta", said_words, PL_COUNT(said_words), NULL },
    { "d", NULL, NULL, 0, NULL },
};


/* Digits in groups of three alone: 1.234 is never 1. */

static void
said_thousands(pl_str_t text, const pl_number_t *n)
{
    size_t  i, first = 0;

    while (first < text.len && text.data[first] >= '0'
           && text.data[first] <= '9')
    {
        first++;
    }

    if (first == 0 || first > 3 || text.data[0] == '0'
        || (text.len - first) % 4 != 0 || text.len == first)
    {
        return;
    }

    for (i = first; i < text.len; i++) {
        if ((i - first) % 4 == 0 ? strchr(".,' ", text.data[i]) == NULL
                                   || text.data[i] == '\0'
                                 : text.data[i] < '0' || text.data[i] > '9')
        {
            return;
        }
    }

    fuzz_check(n->low >= 1000 * 1000, "thousands are thousands");
}


static void
said_reading(const pl_question_t *q, pl_str_t text, const pl_reading_t *r)
{
    const pl_number_t  *n = &r->number;

    fuzz_check(r->from <= r->to && r->to <= text.len, "it is in the text");

    if (r->meant != PL_ANSWER_READ) {
        fuzz_check(r->reason != NULL, "a reason");
        return;
    }

    fuzz_check(r->value != NULL && r->value[0] != '\0', "a value");
    fuzz_check(pl_utf8_valid(pl_str_c(r->value))
               || q->kind == PL_ANSWER_EMAIL, "a value of text");

    switch (q->kind) {

    case PL_ANSWER_TEXT:
    case PL_ANSWER_EMAIL:
        return;

    case PL_ANSWER_NUMBER:
        fuzz_check(strlen(r->value) < PL_ANSWER_VALUE_MAX, "its limit");
        fuzz_check(n->low <= n->high && n->low >= -PL_ANSWER_NUMBER_MAX
                   && n->high <= PL_ANSWER_NUMBER_MAX, "bounds");
        fuzz_check(n->least <= n->most, "what is allowed");
        fuzz_check(q->negative || n->low >= 0, "nothing below zero");
        fuzz_check(q->fraction || n->low % 1000 == 0, "whole");
        said_thousands(text, n);
        return;

    case PL_ANSWER_DATE:
    case PL_ANSWER_MOMENT:
        fuzz_check(r->when.year >= 1900 && r->when.month >= 1
                   && r->when.month <= 12 && r->when.day >= 1
                   && r->when.day <= 31, "a day");

        /* fall through */

    case PL_ANSWER_TIME:
        fuzz_check(r->when.hour >= 0 && r->when.hour <= 23
                   && r->when.minute >= 0 && r->when.minute <= 59, "an hour");
        return;

    default:
        fuzz_check(strlen(r->value) < PL_ANSWER_VALUE_MAX, "its limit");
    }
}


static void
said_judge(pl_str_t text, pl_arena_t *ar)
{
    static pl_judge_t  *judge;      /* a target has one process, one run */
    static pl_arena_t  *own;

    size_t                   i, n;
    pl_score_t              *scores;
    const pl_judge_topic_t  *topics;

    if (judge == NULL) {
        own = pl_arena_create(65536, SAID_ARENA_MAX);
        fuzz_check(own != NULL, "memory");
        topics = pl_judge_default("de", &n);
        fuzz_check(pl_judge_words(own, topics, n, NULL, &judge, NULL)
                   == PL_OK, "a judge");
    }

    if (pl_judge(judge, text, ar, &scores, &n) != PL_OK) {
        return;
    }

    for (i = 0; i < n; i++) {
        fuzz_check(scores[i].score >= 0
                   && scores[i].score <= PL_JUDGE_SCORE_MAX, "a score");
        fuzz_check(strlen(scores[i].evidence) < PL_JUDGE_EVIDENCE_MAX,
                   "evidence within its limit");
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int            kind;
    uint8_t        head[SAID_HEAD] = { 0 }, *body;
    pl_said_t      said = { 0 };
    pl_arena_t    *ar;
    pl_reading_t   r;
    pl_question_t  q = { 0 };

    memcpy(head, data, size < SAID_HEAD ? size : SAID_HEAD);
    data += size < SAID_HEAD ? size : SAID_HEAD;
    size -= size < SAID_HEAD ? size : SAID_HEAD;

    /* Of its exact size: what is read behind the text is seen. */
    body = malloc(size + (size == 0));
    ar = pl_arena_create(1024, (head[1] & 0x80) != 0
                               ? 1024u * (head[1] & 0x7f) + 1024
                               : SAID_ARENA_MAX);
    fuzz_check(body != NULL && ar != NULL, "memory");
    memcpy(body, data, size);

    said.text = (pl_str_t) { body, size };
    said.language = said_languages[head[0] % PL_COUNT(said_languages)];

    q.per = (pl_per_e) (head[2] % 5);
    q.negative = (head[2] & 0x40) != 0;
    q.fraction = (head[2] & 0x80) != 0;
    q.money = (head[3] & 0x01) != 0;
    q.percent = (head[3] & 0x02) != 0;
    q.numbered = (head[3] & 0x04) != 0;
    q.past = (head[3] & 0x08) != 0;
    q.buckets = said_buckets;
    q.n_buckets = PL_COUNT(said_buckets);
    q.choices = said_choices;
    q.n_choices = PL_COUNT(said_choices);
    q.now = (pl_when_t) { 2027, 1 + (head[3] >> 4) % 12, 28, 12, 0 };

    for (kind = PL_ANSWER_TEXT; kind <= PL_ANSWER_PHONE; kind++) {
        q.kind = (pl_answer_e) kind;

        if (pl_answer_read(&q, &said, ar, &r) == PL_OK) {
            said_reading(&q, said.text, &r);
        }

        pl_arena_reset(ar);
    }

    said_judge(said.text, ar);
    pl_arena_destroy(ar);
    free(body);

    return 0;
}

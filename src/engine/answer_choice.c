/*
 * One of several choices: by the id that was tapped, by title, words and
 * pattern, or by its place in the list ("2", "B", "the second").
 *
 * Four looks, of which the first that finds something counts: the whole
 * text is a title or a word; titles, words and patterns stand in the
 * text (the longest at its place); the text is a number of the list; the
 * text is part of one title alone. Two choices in one look are unclear.
 */

#include <string.h>

#include "../core/str.h"
#include "answer_impl.h"

#define CHOICE_PART_MIN  4              /* bytes of a part of a title */
#define CHOICE_LETTERS   26
#define CHOICE_LAST      (-1)

/* What one look found. */
typedef struct {
    size_t          index;
    size_t          n;                  /* choices that fit */
    size_t          at;                 /* tokens: where, how many */
    size_t          len;
} choice_found_t;

/* A choice's title and words as tokens. */
typedef struct {
    pl_tokens_t   **words;
    size_t          n;
} choice_words_t;

static pl_status_t choice_words(const pl_choice_t *choice, pl_arena_t *ar,
    choice_words_t *words);
static void choice_whole(const pl_question_t *question,
    const choice_words_t *words, const pl_tokens_t *tokens,
    choice_found_t *found);
static void choice_inside(const pl_question_t *question,
    const choice_words_t *words, const pl_said_t *said,
    const pl_tokens_t *tokens, choice_found_t *found);
static void choice_best(const choice_words_t *words,
    const pl_tokens_t *tokens, choice_found_t *best);
static bool choice_not(const pl_tokens_t *tokens,
    const choice_found_t *found);
static void choice_part(const pl_question_t *question,
    const choice_words_t *words, const pl_tokens_t *tokens,
    choice_found_t *found);
static void choice_numbered(const pl_question_t *question,
    const choice_words_t *words, const pl_tokens_t *tokens,
    choice_found_t *found);
static int choice_place(const pl_question_t *question,
    const pl_tokens_t *tokens, size_t at, size_t *n);
static bool choice_titled(const pl_question_t *question,
    const choice_words_t *words, const pl_tokens_t *tokens, size_t at,
    size_t place);
static bool choice_named(const pl_question_t *question, const char *id,
    pl_reading_t *out);
static size_t choice_solid(const pl_tokens_t *tokens);
static bool choice_glob(pl_str_t text, pl_str_t word, bool lead,
    bool trail);
static void choice_add(choice_found_t *found, size_t index, size_t at,
    size_t len);

#define DE   PL_LANG_DE
#define EN   PL_LANG_EN
#define NL   PL_LANG_NL
#define FR   PL_LANG_FR
#define ES   PL_LANG_ES
#define IT   PL_LANG_IT
#define ALL  PL_LANG_ALL

/* The value is the place; CHOICE_LAST the last one. */
static const pl_phrase_t  choice_ordinals[] = {
    { DE, 1, "eins|erste|erster|erstes|ersten|erstens|ersteres" },
    { DE, 2, "zwei|zweite|zweiter|zweites|zweiten|zweitens" },
    { DE, 3, "drei|dritte|dritter|drittes|dritten|drittens" },
    { DE, 4, "vier|vierte|vierter|viertes|vierten|viertens" },
    { DE, 5, "funf|fuenf|funfte|funfter|funftes|funften" },
    { DE, 6, "sechs|sechste|sechster|sechstes|sechsten" },
    { DE, 7, "sieben|siebte|siebter|siebtes|siebten" },
    { DE, 8, "acht|achte|achter|achtes|achten" },
    { DE, 9, "neun|neunte|neunter|neuntes|neunten" },
    { DE, 10, "zehn|zehnte|zehnter|zehntes|zehnten" },
    { DE, CHOICE_LAST, "letzte|letzter|letztes|letzten|letzteres" },
    { EN, 1, "one|first|1 st|first one" },
    { EN, 2, "two|second|2 nd|second one" },
    { EN, 3, "three|third|3 rd|third one" },
    { EN, 4, "four|fourth|4 th|fourth one" },
    { EN, 5, "five|fifth|5 th|fifth one" }, { EN, 6, "six|sixth|6 th" },
    { EN, 7, "seven|seventh|7 th" }, { EN, 8, "eight|eighth|8 th" },
    { EN, 9, "nine|ninth|9 th" }, { EN, 10, "ten|tenth|10 th" },
    { EN, CHOICE_LAST, "last|last one" },
    { NL, 1, "een|eerste|1 e" }, { NL, 2, "twee|tweede|2 e" },
    { NL, 3, "drie|derde|3 e" }, { NL, 4, "vier|vierde|4 e" },
    { NL, 5, "vijf|vijfde|5 e" }, { NL, 6, "zes|zesde" },
    { NL, CHOICE_LAST, "laatste" },
    { FR, 1, "un|une|premier|premiere|1 er" },
    { FR, 2, "deux|deuxieme|second|seconde|2 e" },
    { FR, 3, "trois|troisieme|3 e" }, { FR, 4, "quatre|quatrieme|4 e" },
    { FR, 5, "cinq|cinquieme|5 e" }, { FR, 6, "six|sixieme" },
    { FR, CHOICE_LAST, "dernier|derniere" },
    { ES, 1, "uno|una|primero|primera|primer" },
    { ES, 2, "dos|segundo|segunda" },
    { ES, 3, "tres|tercero|tercera|tercer" },
    { ES, 4, "cuatro|cuarto|cuarta" }, { ES, 5, "cinco|quinto|quinta" },
    { ES, 6, "seis|sexto|sexta" }, { ES, CHOICE_LAST, "ultimo|ultima" },
    { IT, 1, "uno|una|primo|prima" }, { IT, 2, "due|secondo|seconda" },
    { IT, 3, "tre|terzo|terza" }, { IT, 4, "quattro|quarto|quarta" },
    { IT, 5, "cinque|quinto|quinta" }, { IT, 6, "sei|sesto|sesta" },
    { IT, CHOICE_LAST, "ultimo|ultima" },
};

/* What may stand beside a number of the list. */
static const pl_phrase_t  choice_fill[] = {
    { ALL, 0, ".|)|(|#|!|,|option|nr|nr .|no .|ok|ja|si|yes|oui" },
    { DE, 0,
        "das|die|der|den|dem|nummer|antwort|punkt|variante|bitte|ich nehme|"
        "nehme|nehme ich|lieber|ich|mochte|will|wahle|danke|moglichkeit|"
        "buchstabe|wort|oder|und" },
    { EN, 0,
        "the|number|answer|choice|please|i take|i ll take|i want|i d like|"
        "i choose|letter|thanks|it s|or|and" },
    { NL, 0, "de|het|nummer|optie|antwoord|keuze|graag|ik kies|letter" },
    { FR, 0,
        "le|la|l|numero|reponse|choix|je prends|je choisis|s il vous plait|"
        "svp|lettre|merci" },
    { ES, 0,
        "el|la|lo|numero|opcion|respuesta|por favor|quiero|prefiero|letra|"
        "gracias" },
    { IT, 0,
        "il|la|l|lo|numero|opzione|risposta|per favore|voglio|preferisco|"
        "lettera|grazie" },
};

static const pl_phrase_t  choice_nots[] = {
    { DE, 0, "nicht|kein|keine|keinen|keiner|keins|nie|weder|ausser|ohne" },
    { EN, 0,
        "not|no|none|neither|nor|never|except|don t|dont|without|isn t" },
    { NL, 0, "niet|geen|nooit|behalve|zonder|noch" },
    { FR, 0, "pas|aucun|aucune|ni|sauf|jamais|sans|ne" },
    { ES, 0, "no|ninguno|ninguna|ni|excepto|salvo|nunca|sin|tampoco" },
    { IT, 0, "non|no|nessuno|nessuna|ne|tranne|mai|senza" },
};


pl_status_t
pl_answer_choice(const pl_question_t *question, const pl_said_t *said,
    const pl_tokens_t *tokens, pl_arena_t *ar, pl_reading_t *out)
{
    size_t           i;
    pl_status_t      rc;
    choice_found_t   found = { 0 };
    choice_words_t  *words;

    if (question->n_choices > PL_ANSWER_CHOICES_MAX
        || choice_named(question, said->tapped, out))
    {
        return PL_OK;
    }

    words = pl_arena_zalloc(ar, question->n_choices * sizeof(*words));
    if (words == NULL) {
        return PL_NOMEM;
    }

    for (i = 0; i < question->n_choices; i++) {
        rc = choice_words(&question->choices[i], ar, &words[i]);
        if (rc != PL_OK) {
            return rc;
        }
    }

    choice_whole(question, words, tokens, &found);

    if (found.n == 0) {
        choice_inside(question, words, said, tokens, &found);

        if (found.n > 0 && choice_not(tokens, &found)) {
            pl_answer_tell(out, PL_ANSWER_UNCLEAR, "not");
            return PL_OK;
        }
    }

    if (found.n == 0 && question->numbered) {
        choice_numbered(question, words, tokens, &found);
    }

    if (found.n == 0 && !choice_not(tokens, &found)) {
        choice_part(question, words, tokens, &found);
    }

    if (found.n == 0) {
        return PL_OK;
    }

    if (found.n > 1) {
        pl_answer_tell(out, PL_ANSWER_UNCLEAR, "two");
        return PL_OK;
    }

    out->meant = PL_ANSWER_READ;
    out->index = found.index;
    out->value = question->choices[found.index].id;
    out->from = tokens->tokens[found.at].from;
    out->to = tokens->tokens[found.at + found.len - 1].to;

    return PL_OK;
}


static bool
choice_named(const pl_question_t *question, const char *id,
    pl_reading_t *out)
{
    size_t  i;

    for (i = 0; id != NULL && i < question->n_choices; i++) {
        if (strcmp(id, question->choices[i].id) == 0) {
            out->meant = PL_ANSWER_READ;
            out->index = i;
            out->value = question->choices[i].id;
            return true;
        }
    }

    return false;
}


static pl_status_t
choice_words(const pl_choice_t *choice, pl_arena_t *ar,
    choice_words_t *words)
{
    size_t        i;
    const char   *text;
    pl_status_t   rc;
    pl_tokens_t  *t;

    words->words = pl_arena_alloc(ar, (choice->n_words + 1)
                                      * sizeof(*words->words));
    if (words->words == NULL) {
        return PL_NOMEM;
    }

    for (i = 0; i < choice->n_words + 1; i++) {
        text = i == 0 ? choice->title : choice->words[i - 1];
        rc = pl_answer_tokens(NULL, pl_str_c(text), ar, &t, NULL);

        if (rc != PL_OK) {
            return rc;
        }

        if (t->n > 0) {
            words->words[words->n++] = t;
        }
    }

    return PL_OK;
}


static void
choice_add(choice_found_t *found, size_t index, size_t at, size_t len)
{
    if (found->n == 0 || len > found->len) {
        found->index = index;
        found->at = at;
        found->len = len;
    }

    found->n++;
}


/* Words and digits; of a text of signs alone, all. */

static size_t
choice_solid(const pl_tokens_t *tokens)
{
    size_t  i, n = 0;

    for (i = 0; i < tokens->n; i++) {
        n += tokens->tokens[i].kind != PL_TOKEN_SIGN;
    }

    return n == 0 ? tokens->n : n;
}


/* What is said is a title or a word, and nothing else. */

static void
choice_whole(const pl_question_t *question, const choice_words_t *words,
    const pl_tokens_t *tokens, choice_found_t *found)
{
    size_t  i, j, at, n, solid = choice_solid(tokens);

    for (i = 0; i < question->n_choices; i++) {
        for (j = 0; j < words[i].n; j++) {
            at = 0;
            n = pl_answer_find(tokens, words[i].words[j], &at);

            if (n != 0 && choice_solid(words[i].words[j]) == solid) {
                choice_add(found, i, at, n);
                break;
            }
        }
    }
}


/* Of two that overlap, the longer one: "Google" in "Google Ads". */

static void
choice_inside(const pl_question_t *question, const choice_words_t *words,
    const pl_said_t *said, const pl_tokens_t *tokens, choice_found_t *found)
{
    size_t                i, j;
    choice_found_t        best[PL_ANSWER_CHOICES_MAX];
    const pl_choice_t    *c;
    const choice_found_t *a, *b;

    memset(best, 0, sizeof(best));

    for (i = 0; i < question->n_choices; i++) {
        c = &question->choices[i];
        choice_best(&words[i], tokens, &best[i]);

        if (best[i].n == 0 && c->pattern != NULL && said->match != NULL
            && pl_utf8_valid(said->text)
            && pl_match(c->pattern, said->match, said->text, NULL))
        {
            best[i].n = 1;
            best[i].len = tokens->n;
        }
    }

    for (i = 0; i < question->n_choices; i++) {
        a = &best[i];

        for (j = 0; a->n != 0 && j < question->n_choices; j++) {
            b = &best[j];

            if (b->n != 0 && b->len > a->len && b->at <= a->at
                && b->at + b->len >= a->at + a->len
                && b->len < tokens->n)
            {
                break;
            }
        }

        if (a->n != 0 && j == question->n_choices) {
            choice_add(found, i, a->at, a->len);
        }
    }
}


static void
choice_best(const choice_words_t *words, const pl_tokens_t *tokens,
    choice_found_t *best)
{
    size_t  i, at, n;

    for (i = 0; i < words->n; i++) {
        at = 0;
        n = pl_answer_find(tokens, words->words[i], &at);

        if (n > best->len) {
            best->n = 1;
            best->at = at;
            best->len = n;
        }
    }
}


/* Is there a "not" beside what was found? */

static bool
choice_not(const pl_tokens_t *tokens, const choice_found_t *found)
{
    size_t  i;

    for (i = 0; i < tokens->n; i++) {
        if ((i < found->at || i >= found->at + found->len)
            && pl_answer_phrase(tokens, i, choice_nots,
                                PL_COUNT(choice_nots), NULL) != 0)
        {
            return true;
        }
    }

    return false;
}


/*
 * "Berlin" for "Standort Berlin", where no other title has it; not "Werbung"
 * for "Keine Werbung".
 */

static void
choice_part(const pl_question_t *question, const choice_words_t *words,
    const pl_tokens_t *tokens, choice_found_t *found)
{
    size_t          i, len = 0;
    pl_tokens_t     title;
    choice_found_t  part = { 0 };

    for (i = 0; i < tokens->n; i++) {
        len += tokens->tokens[i].kind == PL_TOKEN_WORD
               ? tokens->tokens[i].text.len : 0;
    }

    for (i = 0; i < question->n_choices && len >= CHOICE_PART_MIN; i++) {

        if (question->choices[i].title == NULL || words[i].n == 0) {
            continue;
        }

        title = *words[i].words[0];
        title.languages |= tokens->languages;
        part.len = pl_answer_find(&title, tokens, &part.at);

        if (part.len != 0 && !choice_not(&title, &part)) {
            choice_add(found, i, 0, tokens->n);
        }
    }
}


/* ---- the place in the list ------------------------------------------ */

static void
choice_numbered(const pl_question_t *question, const choice_words_t *words,
    const pl_tokens_t *tokens, choice_found_t *found)
{
    int     place;
    size_t  i, n;

    for (i = 0; i < tokens->n; i += n) {
        place = choice_place(question, tokens, i, &n);

        if (place > 0 && found->n == 1
            && found->index == (size_t) place - 1)
        {
            continue;                   /* "2, the second" */
        }

        if (place > 0) {
            choice_add(found, (size_t) place - 1, i, n);

            if (!choice_titled(question, words, tokens, i,
                               (size_t) place - 1))
            {
                found->n = 2;
            }

            continue;
        }

        n = pl_answer_phrase(tokens, i, choice_fill, PL_COUNT(choice_fill),
                             NULL);

        if (n == 0) {
            found->n = 0;               /* there is more to it */
            return;
        }
    }
}


/* The place that a token names, from 1; 0: none, or there is no such. */

static int
choice_place(const pl_question_t *question, const pl_tokens_t *tokens,
    size_t at, size_t *n)
{
    int                value = 0;
    const pl_token_t  *t = &tokens->tokens[at];

    *n = pl_answer_phrase(tokens, at, choice_ordinals,
                          PL_COUNT(choice_ordinals), &value);

    if (*n != 0) {
        value = value == CHOICE_LAST ? (int) question->n_choices : value;

    } else if (t->kind == PL_TOKEN_DIGITS && t->text.len <= 2) {
        *n = 1;
        value = (int) pl_answer_digits(t->text);

    } else if (t->kind == PL_TOKEN_WORD && t->text.len == 1
               && t->text.data[0] >= 'a' && t->text.data[0] <= 'z'
               && t->text.data[0] - 'a' < CHOICE_LETTERS)
    {
        *n = 1;
        value = t->text.data[0] - 'a' + 1;
    }

    return value <= (int) question->n_choices ? value : 0;
}


/* "3": the third, or "3 rooms", the second? Not clear, where both are. */

static bool
choice_titled(const pl_question_t *question, const choice_words_t *words,
    const pl_tokens_t *tokens, size_t at, size_t place)
{
    size_t             i, j;
    const pl_token_t  *t = &tokens->tokens[at], *w;

    for (i = 0; i < question->n_choices; i++) {

        if (i == place || question->choices[i].title == NULL
            || words[i].n == 0)
        {
            continue;
        }

        for (j = 0; j < words[i].words[0]->n; j++) {
            w = &words[i].words[0]->tokens[j];

            if (w->kind == t->kind && w->kind == PL_TOKEN_DIGITS
                && pl_str_eq(w->text, t->text))
            {
                return false;
            }
        }
    }

    return true;
}


/* ---- phrases -------------------------------------------------------- */

/* Is word in text: as the whole, and with letters before or behind it? */

static bool
choice_glob(pl_str_t text, pl_str_t word, bool lead, bool trail)
{
    size_t  i, last;

    if (word.len > text.len) {
        return false;
    }

    last = text.len - word.len;

    if (!lead && !trail && last != 0) {
        return false;
    }

    for (i = lead && !trail ? last : 0; i <= (lead ? last : 0); i++) {
        if (memcmp(text.data + i, word.data, word.len) == 0) {
            return true;
        }
    }

    return false;
}


size_t
pl_answer_match(const pl_tokens_t *tokens, size_t at,
    const pl_tokens_t *phrase)
{
    bool               lead = false, trail, bare, skip;
    size_t             i = at, j;
    const pl_token_t  *t, *w;

    bare = phrase->n > 0 && choice_solid(phrase) == phrase->n
           && phrase->tokens[0].kind == PL_TOKEN_SIGN;

    for (j = 0; j < phrase->n; j++) {
        w = &phrase->tokens[j];

        if (!bare && w->kind == PL_TOKEN_SIGN) {
            lead = w->sign == '*';
            continue;
        }

        trail = pl_answer_sign(phrase, j + 1, '*') && !w[1].spaced;
        skip = i > at && !bare;

        while (skip && i < tokens->n
               && tokens->tokens[i].kind == PL_TOKEN_SIGN)
        {
            i++;
        }

        if (i >= tokens->n) {
            return 0;
        }

        t = &tokens->tokens[i++];
        lead = lead && !w->spaced;

        if (t->kind != w->kind
            || (w->kind == PL_TOKEN_SIGN ? t->sign != w->sign
                : !choice_glob(t->text, w->text, lead, trail)))
        {
            return 0;
        }

        lead = false;
    }

    return i - at;
}


size_t
pl_answer_find(const pl_tokens_t *tokens, const pl_tokens_t *phrase,
    size_t *at)
{
    size_t  i, n;

    for (i = 0; i < tokens->n; i++) {
        n = pl_answer_match(tokens, i, phrase);

        if (n != 0) {
            *at = i;
            return n;
        }
    }

    return 0;
}

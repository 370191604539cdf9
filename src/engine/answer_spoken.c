/*
 * A number written in words: "zweihundertfünfzig", "twenty-five",
 * "quatre-vingt-dix", "treinta y cinco".
 *
 * Words are cut into pieces (units, teens, tens, hundreds, scales, "and"),
 * in German, Dutch and Italian several to a word; then the pieces are added
 * up by one small machine. The longest run of words that makes a number
 * counts. A piece that cannot follow ends it: "zwanzig dreißig" is two
 * numbers.
 */

#include <string.h>

#include "answer_impl.h"

#define SPOKEN_PIECES_MAX  24
#define SPOKEN_WORDS_MAX   12
#define SPOKEN_JOINED      (PL_LANG_DE | PL_LANG_NL | PL_LANG_IT)

typedef enum {
    SPOKEN_UNIT = 0,            /* 1 to 9 */
    SPOKEN_TEEN,                /* 10 to 19, and those that take nothing */
    SPOKEN_TEN,
    SPOKEN_HUNDRED,             /* times what is before it */
    SPOKEN_HUNDREDS,            /* "quinientos" */
    SPOKEN_SCALE,
    SPOKEN_AND,
    SPOKEN_ZERO,
    SPOKEN_ARTICLE              /* a unit that may be one */
} spoken_e;

typedef struct {
    unsigned        languages;
    spoken_e        what;
    int32_t         value;
    const char     *text;
} spoken_piece_t;

typedef struct {
    const spoken_piece_t  *piece[SPOKEN_PIECES_MAX];
    bool                   alone[SPOKEN_PIECES_MAX];    /* a word by itself */
    size_t                 n;
} spoken_pieces_t;

typedef enum {
    SPOKEN_AT_START = 0,
    SPOKEN_AT_UNIT,
    SPOKEN_AT_TEEN,
    SPOKEN_AT_TEN,
    SPOKEN_AT_TEN_AND,
    SPOKEN_AT_UNIT_AND,
    SPOKEN_AT_BIG_AND,
    SPOKEN_AT_FULL
} spoken_at_e;

typedef struct {
    spoken_at_e     at;
    int64_t         total;
    int64_t         hundreds;
    int64_t         small;
    int64_t         scale;      /* of the last one; 0: none yet */
} spoken_sum_t;

static bool spoken_cut(const pl_tokens_t *tokens, const pl_token_t *t,
    spoken_pieces_t *p);
static bool spoken_sum(const spoken_pieces_t *p, int64_t *value);
static bool spoken_and(spoken_sum_t *s, const spoken_piece_t *piece,
    bool alone);
static bool spoken_small(spoken_sum_t *s, const spoken_piece_t *piece);
static bool spoken_large(spoken_sum_t *s, const spoken_piece_t *piece);
static bool spoken_group(const pl_tokens_t *tokens, size_t at,
    pl_numeral_t *numeral);

#define DE  PL_LANG_DE
#define EN  PL_LANG_EN
#define NL  PL_LANG_NL
#define FR  PL_LANG_FR
#define ES  PL_LANG_ES
#define IT  PL_LANG_IT

static const spoken_piece_t  spoken_pieces[] = {
    { DE, SPOKEN_ZERO, 0, "null" },
    { DE, SPOKEN_ARTICLE, 1, "ein" }, { DE, SPOKEN_UNIT, 1, "eins" },
    { DE, SPOKEN_ARTICLE, 1, "eine" }, { DE, SPOKEN_ARTICLE, 1, "einen" },
    { DE, SPOKEN_ARTICLE, 1, "einer" }, { DE, SPOKEN_ARTICLE, 1, "einem" },
    { DE, SPOKEN_UNIT, 2, "zwei" }, { DE, SPOKEN_UNIT, 2, "zwo" },
    { DE, SPOKEN_UNIT, 3, "drei" }, { DE, SPOKEN_UNIT, 4, "vier" },
    { DE, SPOKEN_UNIT, 5, "funf" }, { DE, SPOKEN_UNIT, 5, "fuenf" },
    { DE, SPOKEN_UNIT, 6, "sechs" }, { DE, SPOKEN_UNIT, 7, "sieben" },
    { DE, SPOKEN_UNIT, 8, "acht" }, { DE, SPOKEN_UNIT, 9, "neun" },
    { DE, SPOKEN_TEEN, 10, "zehn" }, { DE, SPOKEN_TEEN, 11, "elf" },
    { DE, SPOKEN_TEEN, 12, "zwolf" }, { DE, SPOKEN_TEEN, 12, "zwoelf" },
    { DE, SPOKEN_TEEN, 13, "dreizehn" }, { DE, SPOKEN_TEEN, 14, "vierzehn" },
    { DE, SPOKEN_TEEN, 15, "funfzehn" }, { DE, SPOKEN_TEEN, 15, "fuenfzehn" },
    { DE, SPOKEN_TEEN, 16, "sechzehn" }, { DE, SPOKEN_TEEN, 17, "siebzehn" },
    { DE, SPOKEN_TEEN, 18, "achtzehn" }, { DE, SPOKEN_TEEN, 19, "neunzehn" },
    { DE, SPOKEN_TEN, 20, "zwanzig" }, { DE, SPOKEN_TEN, 30, "dreissig" },
    { DE, SPOKEN_TEN, 30, "dreizig" }, { DE, SPOKEN_TEN, 40, "vierzig" },
    { DE, SPOKEN_TEN, 50, "funfzig" }, { DE, SPOKEN_TEN, 50, "fuenfzig" },
    { DE, SPOKEN_TEN, 60, "sechzig" }, { DE, SPOKEN_TEN, 70, "siebzig" },
    { DE, SPOKEN_TEN, 80, "achtzig" }, { DE, SPOKEN_TEN, 90, "neunzig" },
    { DE, SPOKEN_HUNDRED, 100, "hundert" },
    { DE, SPOKEN_SCALE, 1000, "tausend" },
    { DE, SPOKEN_SCALE, 1000000, "million" },
    { DE, SPOKEN_SCALE, 1000000, "millionen" },
    { DE, SPOKEN_AND, 0, "und" },

    { EN, SPOKEN_ZERO, 0, "zero" },
    { EN, SPOKEN_ARTICLE, 1, "a" }, { EN, SPOKEN_ARTICLE, 1, "an" },
    { EN, SPOKEN_ARTICLE, 1, "one" },
    { EN, SPOKEN_UNIT, 2, "two" }, { EN, SPOKEN_UNIT, 3, "three" },
    { EN, SPOKEN_UNIT, 4, "four" }, { EN, SPOKEN_UNIT, 5, "five" },
    { EN, SPOKEN_UNIT, 6, "six" }, { EN, SPOKEN_UNIT, 7, "seven" },
    { EN, SPOKEN_UNIT, 8, "eight" }, { EN, SPOKEN_UNIT, 9, "nine" },
    { EN, SPOKEN_TEEN, 10, "ten" }, { EN, SPOKEN_TEEN, 11, "eleven" },
    { EN, SPOKEN_TEEN, 12, "twelve" }, { EN, SPOKEN_TEEN, 13, "thirteen" },
    { EN, SPOKEN_TEEN, 14, "fourteen" }, { EN, SPOKEN_TEEN, 15, "fifteen" },
    { EN, SPOKEN_TEEN, 16, "sixteen" }, { EN, SPOKEN_TEEN, 17, "seventeen" },
    { EN, SPOKEN_TEEN, 18, "eighteen" }, { EN, SPOKEN_TEEN, 19, "nineteen" },
    { EN, SPOKEN_TEN, 20, "twenty" }, { EN, SPOKEN_TEN, 30, "thirty" },
    { EN, SPOKEN_TEN, 40, "forty" }, { EN, SPOKEN_TEN, 40, "fourty" },
    { EN, SPOKEN_TEN, 50, "fifty" }, { EN, SPOKEN_TEN, 60, "sixty" },
    { EN, SPOKEN_TEN, 70, "seventy" }, { EN, SPOKEN_TEN, 80, "eighty" },
    { EN, SPOKEN_TEN, 90, "ninety" },
    { EN, SPOKEN_HUNDRED, 100, "hundred" },
    { EN, SPOKEN_SCALE, 1000, "thousand" },
    { EN, SPOKEN_SCALE, 1000000, "million" },
    { EN, SPOKEN_AND, 0, "and" },

    { NL, SPOKEN_ZERO, 0, "nul" },
    { NL, SPOKEN_ARTICLE, 1, "een" },
    { NL, SPOKEN_UNIT, 2, "twee" }, { NL, SPOKEN_UNIT, 3, "drie" },
    { NL, SPOKEN_UNIT, 4, "vier" }, { NL, SPOKEN_UNIT, 5, "vijf" },
    { NL, SPOKEN_UNIT, 6, "zes" }, { NL, SPOKEN_UNIT, 7, "zeven" },
    { NL, SPOKEN_UNIT, 8, "acht" }, { NL, SPOKEN_UNIT, 9, "negen" },
    { NL, SPOKEN_TEEN, 10, "tien" }, { NL, SPOKEN_TEEN, 11, "elf" },
    { NL, SPOKEN_TEEN, 12, "twaalf" }, { NL, SPOKEN_TEEN, 13, "dertien" },
    { NL, SPOKEN_TEEN, 14, "veertien" }, { NL, SPOKEN_TEEN, 15, "vijftien" },
    { NL, SPOKEN_TEEN, 16, "zestien" }, { NL, SPOKEN_TEEN, 17, "zeventien" },
    { NL, SPOKEN_TEEN, 18, "achttien" },
    { NL, SPOKEN_TEEN, 19, "negentien" },
    { NL, SPOKEN_TEN, 20, "twintig" }, { NL, SPOKEN_TEN, 30, "dertig" },
    { NL, SPOKEN_TEN, 40, "veertig" }, { NL, SPOKEN_TEN, 50, "vijftig" },
    { NL, SPOKEN_TEN, 60, "zestig" }, { NL, SPOKEN_TEN, 70, "zeventig" },
    { NL, SPOKEN_TEN, 80, "tachtig" }, { NL, SPOKEN_TEN, 90, "negentig" },
    { NL, SPOKEN_HUNDRED, 100, "honderd" },
    { NL, SPOKEN_SCALE, 1000, "duizend" },
    { NL, SPOKEN_SCALE, 1000000, "miljoen" },
    { NL, SPOKEN_AND, 0, "en" },

    { FR, SPOKEN_ZERO, 0, "zero" },
    { FR, SPOKEN_ARTICLE, 1, "un" }, { FR, SPOKEN_ARTICLE, 1, "une" },
    { FR, SPOKEN_UNIT, 2, "deux" }, { FR, SPOKEN_UNIT, 3, "trois" },
    { FR, SPOKEN_UNIT, 4, "quatre" }, { FR, SPOKEN_UNIT, 5, "cinq" },
    { FR, SPOKEN_UNIT, 6, "six" }, { FR, SPOKEN_UNIT, 7, "sept" },
    { FR, SPOKEN_UNIT, 8, "huit" }, { FR, SPOKEN_UNIT, 9, "neuf" },
    { FR, SPOKEN_TEEN, 10, "dix" }, { FR, SPOKEN_TEEN, 11, "onze" },
    { FR, SPOKEN_TEEN, 12, "douze" }, { FR, SPOKEN_TEEN, 13, "treize" },
    { FR, SPOKEN_TEEN, 14, "quatorze" }, { FR, SPOKEN_TEEN, 15, "quinze" },
    { FR, SPOKEN_TEEN, 16, "seize" },
    { FR, SPOKEN_TEN, 20, "vingt" }, { FR, SPOKEN_TEN, 20, "vingts" },
    { FR, SPOKEN_TEN, 30, "trente" }, { FR, SPOKEN_TEN, 40, "quarante" },
    { FR, SPOKEN_TEN, 50, "cinquante" }, { FR, SPOKEN_TEN, 60, "soixante" },
    { FR, SPOKEN_TEN, 70, "septante" }, { FR, SPOKEN_TEN, 80, "huitante" },
    { FR, SPOKEN_TEN, 90, "nonante" },
    { FR, SPOKEN_HUNDRED, 100, "cent" }, { FR, SPOKEN_HUNDRED, 100, "cents" },
    { FR, SPOKEN_SCALE, 1000, "mille" },
    { FR, SPOKEN_SCALE, 1000000, "million" },
    { FR, SPOKEN_SCALE, 1000000, "millions" },
    { FR, SPOKEN_AND, 0, "et" },

    { ES, SPOKEN_ZERO, 0, "cero" },
    { ES, SPOKEN_ARTICLE, 1, "un" }, { ES, SPOKEN_ARTICLE, 1, "uno" },
    { ES, SPOKEN_ARTICLE, 1, "una" },
    { ES, SPOKEN_UNIT, 2, "dos" }, { ES, SPOKEN_UNIT, 3, "tres" },
    { ES, SPOKEN_UNIT, 4, "cuatro" }, { ES, SPOKEN_UNIT, 5, "cinco" },
    { ES, SPOKEN_UNIT, 6, "seis" }, { ES, SPOKEN_UNIT, 7, "siete" },
    { ES, SPOKEN_UNIT, 8, "ocho" }, { ES, SPOKEN_UNIT, 9, "nueve" },
    { ES, SPOKEN_TEEN, 10, "diez" }, { ES, SPOKEN_TEEN, 11, "once" },
    { ES, SPOKEN_TEEN, 12, "doce" }, { ES, SPOKEN_TEEN, 13, "trece" },
    { ES, SPOKEN_TEEN, 14, "catorce" }, { ES, SPOKEN_TEEN, 15, "quince" },
    { ES, SPOKEN_TEEN, 16, "dieciseis" },
    { ES, SPOKEN_TEEN, 17, "diecisiete" },
    { ES, SPOKEN_TEEN, 18, "dieciocho" },
    { ES, SPOKEN_TEEN, 19, "diecinueve" },
    { ES, SPOKEN_TEEN, 20, "veinte" }, { ES, SPOKEN_TEEN, 21, "veintiuno" },
    { ES, SPOKEN_TEEN, 22, "veintidos" },
    { ES, SPOKEN_TEEN, 23, "veintitres" },
    { ES, SPOKEN_TEEN, 24, "veinticuatro" },
    { ES, SPOKEN_TEEN, 25, "veinticinco" },
    { ES, SPOKEN_TEEN, 26, "veintiseis" },
    { ES, SPOKEN_TEEN, 27, "veintisiete" },
    { ES, SPOKEN_TEEN, 28, "veintiocho" },
    { ES, SPOKEN_TEEN, 29, "veintinueve" },
    { ES, SPOKEN_TEN, 30, "treinta" }, { ES, SPOKEN_TEN, 40, "cuarenta" },
    { ES, SPOKEN_TEN, 50, "cincuenta" }, { ES, SPOKEN_TEN, 60, "sesenta" },
    { ES, SPOKEN_TEN, 70, "setenta" }, { ES, SPOKEN_TEN, 80, "ochenta" },
    { ES, SPOKEN_TEN, 90, "noventa" },
    { ES, SPOKEN_HUNDREDS, 100, "cien" },
    { ES, SPOKEN_HUNDREDS, 100, "ciento" },
    { ES, SPOKEN_HUNDREDS, 200, "doscientos" },
    { ES, SPOKEN_HUNDREDS, 200, "doscientas" },
    { ES, SPOKEN_HUNDREDS, 300, "trescientos" },
    { ES, SPOKEN_HUNDREDS, 300, "trescientas" },
    { ES, SPOKEN_HUNDREDS, 400, "cuatrocientos" },
    { ES, SPOKEN_HUNDREDS, 400, "cuatrocientas" },
    { ES, SPOKEN_HUNDREDS, 500, "quinientos" },
    { ES, SPOKEN_HUNDREDS, 500, "quinientas" },
    { ES, SPOKEN_HUNDREDS, 600, "seiscientos" },
    { ES, SPOKEN_HUNDREDS, 600, "seiscientas" },
    { ES, SPOKEN_HUNDREDS, 700, "setecientos" },
    { ES, SPOKEN_HUNDREDS, 700, "setecientas" },
    { ES, SPOKEN_HUNDREDS, 800, "ochocientos" },
    { ES, SPOKEN_HUNDREDS, 800, "ochocientas" },
    { ES, SPOKEN_HUNDREDS, 900, "novecientos" },
    { ES, SPOKEN_HUNDREDS, 900, "novecientas" },
    { ES, SPOKEN_SCALE, 1000, "mil" },
    { ES, SPOKEN_SCALE, 1000000, "millon" },
    { ES, SPOKEN_SCALE, 1000000, "millones" },
    { ES, SPOKEN_AND, 0, "y" },

    { IT, SPOKEN_ZERO, 0, "zero" },
    { IT, SPOKEN_ARTICLE, 1, "un" }, { IT, SPOKEN_ARTICLE, 1, "uno" },
    { IT, SPOKEN_ARTICLE, 1, "una" },
    { IT, SPOKEN_UNIT, 2, "due" }, { IT, SPOKEN_UNIT, 3, "tre" },
    { IT, SPOKEN_UNIT, 4, "quattro" }, { IT, SPOKEN_UNIT, 5, "cinque" },
    { IT, SPOKEN_UNIT, 6, "sei" }, { IT, SPOKEN_UNIT, 7, "sette" },
    { IT, SPOKEN_UNIT, 8, "otto" }, { IT, SPOKEN_UNIT, 9, "nove" },
    { IT, SPOKEN_TEEN, 10, "dieci" }, { IT, SPOKEN_TEEN, 11, "undici" },
    { IT, SPOKEN_TEEN, 12, "dodici" }, { IT, SPOKEN_TEEN, 13, "tredici" },
    { IT, SPOKEN_TEEN, 14, "quattordici" },
    { IT, SPOKEN_TEEN, 15, "quindici" }, { IT, SPOKEN_TEEN, 16, "sedici" },
    { IT, SPOKEN_TEEN, 17, "diciassette" },
    { IT, SPOKEN_TEEN, 18, "diciotto" },
    { IT, SPOKEN_TEEN, 19, "diciannove" },
    { IT, SPOKEN_TEN, 20, "venti" }, { IT, SPOKEN_TEN, 30, "trenta" },
    { IT, SPOKEN_TEN, 40, "quaranta" }, { IT, SPOKEN_TEN, 50, "cinquanta" },
    { IT, SPOKEN_TEN, 60, "sessanta" }, { IT, SPOKEN_TEN, 70, "settanta" },
    { IT, SPOKEN_TEN, 80, "ottanta" }, { IT, SPOKEN_TEN, 90, "novanta" },
    { IT, SPOKEN_TEEN, 21, "ventuno" }, { IT, SPOKEN_TEEN, 28, "ventotto" },
    { IT, SPOKEN_TEEN, 31, "trentuno" },
    { IT, SPOKEN_TEEN, 38, "trentotto" },
    { IT, SPOKEN_HUNDRED, 100, "cento" },
    { IT, SPOKEN_SCALE, 1000, "mille" }, { IT, SPOKEN_SCALE, 1000, "mila" },
    { IT, SPOKEN_SCALE, 1000000, "milione" },
    { IT, SPOKEN_SCALE, 1000000, "milioni" },
};

/* Values of thousandths: what is no whole number in words, and is about. */
static const pl_phrase_t  spoken_halves[] = {
    { DE, 1500, "anderthalb" }, { DE, 1500, "eineinhalb" },
    { DE, 2500, "zweieinhalb" }, { DE, 3500, "dreieinhalb" },
    { NL, 1500, "anderhalf" }, { NL, 1500, "anderhalve" },
};

/* About so many; below zero: twice that, or more. */
static const pl_phrase_t  spoken_groups[] = {
    { DE, 12, "ein dutzend" }, { DE, 12, "dutzend" }, { DE, -12, "dutzende" },
    { DE, -100, "hunderte" }, { DE, -1000, "tausende" },
    { EN, 12, "a dozen" }, { EN, 12, "dozen" }, { EN, -12, "dozens" },
    { EN, -12, "dozens of" }, { EN, -100, "hundreds" },
    { EN, -100, "hundreds of" }, { EN, -1000, "thousands" },
    { EN, -1000, "thousands of" },
    { NL, 12, "een dozijn" }, { NL, 12, "dozijn" }, { NL, -12, "tientallen" },
    { NL, 10, "een tiental" }, { NL, 10, "tiental" },
    { NL, 100, "een honderdtal" }, { NL, 100, "honderdtal" },
    { NL, -100, "honderden" }, { NL, -1000, "duizenden" },
    { FR, 12, "une douzaine" }, { FR, 10, "une dizaine" },
    { FR, 15, "une quinzaine" }, { FR, 20, "une vingtaine" },
    { FR, 30, "une trentaine" }, { FR, 50, "une cinquantaine" },
    { FR, 100, "une centaine" }, { FR, 1000, "un millier" },
    { FR, -10, "des dizaines" }, { FR, -100, "des centaines" },
    { FR, -1000, "des milliers" },
    { ES, 12, "una docena" }, { ES, 10, "una decena" },
    { ES, 20, "una veintena" }, { ES, 100, "un centenar" },
    { ES, -12, "docenas" }, { ES, -100, "cientos" },
    { ES, -100, "centenares" }, { ES, -1000, "miles" },
    { IT, 12, "una dozzina" }, { IT, 10, "una decina" },
    { IT, 20, "una ventina" }, { IT, 100, "un centinaio" },
    { IT, 1000, "un migliaio" }, { IT, -10, "decine" },
    { IT, -100, "centinaia" }, { IT, -1000, "migliaia" },
};


pl_numeral_e
pl_answer_spoken(const pl_tokens_t *tokens, size_t at, pl_numeral_t *numeral)
{
    size_t             i, n;
    int64_t            value;
    spoken_pieces_t    p;
    const pl_token_t  *t = tokens->tokens;

    memset(numeral, 0, sizeof(*numeral));
    numeral->factor = 1;

    if (at >= tokens->n || t[at].kind != PL_TOKEN_WORD) {
        return PL_NUMERAL_NONE;
    }

    if (spoken_group(tokens, at, numeral)) {
        return PL_NUMERAL_READ;
    }

    p.n = 0;

    for (i = at, n = 0; i < tokens->n && n < SPOKEN_WORDS_MAX; i++, n++) {

        if (i > at && pl_answer_sign(tokens, i, '-') && !t[i].spaced
            && i + 1 < tokens->n && !t[i + 1].spaced)
        {
            i++;                                        /* twenty-five */
        }

        if (i >= tokens->n || t[i].kind != PL_TOKEN_WORD
            || !spoken_cut(tokens, &t[i], &p))
        {
            break;
        }

        if (spoken_sum(&p, &value)) {
            numeral->n_tokens = i + 1 - at;
            numeral->value = value * 1000;
            numeral->weak = p.n == 1
                            && p.piece[0]->what == SPOKEN_ARTICLE;
            numeral->factor = p.piece[p.n - 1]->what == SPOKEN_HUNDRED ? 100
                              : p.piece[p.n - 1]->what == SPOKEN_SCALE
                                ? p.piece[p.n - 1]->value : 1;
        }
    }

    if (numeral->n_tokens == 0) {
        return PL_NUMERAL_NONE;
    }

    return numeral->value > PL_ANSWER_NUMBER_MAX ? PL_NUMERAL_TOOBIG
                                                 : PL_NUMERAL_READ;
}


/* The pieces of a word: at each place the longest. */

static bool
spoken_cut(const pl_tokens_t *tokens, const pl_token_t *t,
    spoken_pieces_t *p)
{
    size_t                 i, at, len, best, left;
    const spoken_piece_t  *row, *piece = NULL;

    for (at = 0; at < t->text.len; at += best) {
        best = 0;
        left = t->text.len - at;

        for (i = 0; i < PL_COUNT(spoken_pieces); i++) {
            row = &spoken_pieces[i];

            if ((row->languages & tokens->languages) == 0
                || (uint8_t) row->text[0] != t->text.data[at])
            {
                continue;
            }

            len = strlen(row->text);

            if (len > best
                && (len == left || (len < left
                                    && (row->languages & SPOKEN_JOINED) != 0))
                && memcmp(t->text.data + at, row->text, len) == 0)
            {
                best = len;
                piece = row;
            }
        }

        if (best == 0 || p->n == SPOKEN_PIECES_MAX) {
            return false;
        }

        p->alone[p->n] = best == t->text.len;
        p->piece[p->n++] = piece;
    }

    return at > 0;
}


static bool
spoken_sum(const spoken_pieces_t *p, int64_t *value)
{
    bool                   good;
    size_t                 i;
    spoken_sum_t           s = { 0 };
    const spoken_piece_t  *piece;

    for (i = 0; i < p->n; i++) {
        piece = p->piece[i];

        switch (piece->what) {

        case SPOKEN_ZERO:
            *value = 0;
            return p->n == 1;

        case SPOKEN_HUNDRED:
        case SPOKEN_HUNDREDS:
        case SPOKEN_SCALE:
            good = spoken_large(&s, piece);
            break;

        case SPOKEN_AND:
            good = spoken_and(&s, piece, p->alone[i]);
            break;

        default:
            good = spoken_small(&s, piece);
        }

        if (!good) {
            return false;
        }
    }

    *value = s.total + s.hundreds + s.small;

    return s.at != SPOKEN_AT_TEN_AND && s.at != SPOKEN_AT_UNIT_AND
           && s.at != SPOKEN_AT_BIG_AND;
}


/* "fünfundzwanzig" is a number, "fünf und zwanzig" may be two. */

static bool
spoken_and(spoken_sum_t *s, const spoken_piece_t *piece, bool alone)
{
    bool  reversed = (piece->languages & (DE | NL)) != 0;

    if (s->at == SPOKEN_AT_UNIT && reversed && !alone) {
        s->at = SPOKEN_AT_UNIT_AND;
        return true;
    }

    if (s->at == SPOKEN_AT_TEN && !reversed) {
        s->at = SPOKEN_AT_TEN_AND;
        return true;
    }

    if (s->at == SPOKEN_AT_START && (s->hundreds > 0 || s->total > 0)) {
        s->at = SPOKEN_AT_BIG_AND;
        return true;
    }

    return false;
}


/* What is below a hundred. */

static bool
spoken_small(spoken_sum_t *s, const spoken_piece_t *piece)
{
    bool  start = s->at == SPOKEN_AT_START || s->at == SPOKEN_AT_BIG_AND;
    bool  reversed = (piece->languages & (DE | NL)) != 0;
    bool  french = (piece->languages & FR) != 0;

    switch (piece->what) {

    case SPOKEN_UNIT:
    case SPOKEN_ARTICLE:
        if (!start && (reversed || (s->at != SPOKEN_AT_TEN
                                    && s->at != SPOKEN_AT_TEN_AND)))
        {
            return false;
        }

        s->at = start ? SPOKEN_AT_UNIT : SPOKEN_AT_FULL;
        s->small += piece->value;
        return true;

    case SPOKEN_TEEN:
        if (!start && !(french && (s->small == 60 || s->small == 80)
                        && (s->at == SPOKEN_AT_TEN
                            || s->at == SPOKEN_AT_TEN_AND)))
        {
            return false;
        }

        /* "dix-sept" goes on from ten */
        s->at = french && piece->value == 10 ? SPOKEN_AT_TEN
                                             : SPOKEN_AT_TEEN;
        s->small += piece->value;
        return true;

    default:
        if (start) {
            s->small = piece->value;

        } else if (s->at == SPOKEN_AT_UNIT_AND) {
            s->small += piece->value;
            s->at = SPOKEN_AT_FULL;
            return true;

        } else if (french && s->at == SPOKEN_AT_UNIT && s->small == 4
                   && piece->value == 20)
        {
            s->small = 80;                          /* quatre-vingt */

        } else {
            return false;
        }

        s->at = SPOKEN_AT_TEN;
        return true;
    }
}


static bool
spoken_large(spoken_sum_t *s, const spoken_piece_t *piece)
{
    int64_t  n;

    if (s->at == SPOKEN_AT_UNIT_AND || s->at == SPOKEN_AT_TEN_AND
        || s->at == SPOKEN_AT_BIG_AND)
    {
        return false;
    }

    if (piece->what == SPOKEN_HUNDREDS) {

        if (s->hundreds != 0 || s->small != 0) {
            return false;
        }

        s->hundreds = piece->value;
        s->at = SPOKEN_AT_START;
        return true;
    }

    if (piece->what == SPOKEN_HUNDRED) {

        if (s->hundreds != 0 || s->small > 19) {
            return false;
        }

        s->hundreds = (s->small == 0 ? 1 : s->small) * piece->value;
        s->small = 0;
        s->at = SPOKEN_AT_START;
        return true;
    }

    n = s->hundreds + s->small;

    if (s->scale != 0 && s->scale <= piece->value) {
        return false;
    }

    s->total += (n == 0 ? 1 : n) * piece->value;
    s->hundreds = s->small = 0;
    s->scale = piece->value;
    s->at = SPOKEN_AT_START;

    return true;
}


static bool
spoken_group(const pl_tokens_t *tokens, size_t at, pl_numeral_t *numeral)
{
    int     value;
    size_t  n;

    n = pl_answer_phrase(tokens, at, spoken_halves, PL_COUNT(spoken_halves),
                         &value);

    if (n != 0) {
        numeral->n_tokens = n + pl_answer_factor(tokens, at + n,
                                                 &numeral->factor);
        numeral->value = value * numeral->factor;
        return true;
    }

    n = pl_answer_phrase(tokens, at, spoken_groups, PL_COUNT(spoken_groups),
                         &value);

    if (n == 0) {
        return false;
    }

    numeral->n_tokens = n;
    numeral->many = value < 0;
    numeral->about = true;
    numeral->value = (value < 0 ? -value : value) * 1000;

    return true;
}

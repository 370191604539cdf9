/*
 * What is known of a telephone number's numbering plan: the C face of a
 * library for that, which lives in a shared object of its own.
 *
 * The object exports pl_numbering_face alone. core/numbering.c loads it when
 * somebody asks for it, so that no program of Parley's is linked with the
 * library, or with the C++ that it is written in; a build without it lacks
 * nothing but the explanations.
 *
 * Caveats
 *
 * - The data is as old as the library. Whatever it says is a hint: nothing
 *   may be refused, and nothing that is stored may be changed, for it.
 * - No exception crosses the face; nothing is allocated for the caller, who
 *   owns `facts`; nothing is printed, by the library either.
 * - Any thread may call; calls wait for one another, some 0.1 ms each (the
 *   first of a country 1 ms: its patterns are compiled). Never on an event
 *   loop. A process may fork while no thread is in a call.
 * - The object is not unloaded: a library of C++ does not survive that.
 */

#ifndef PL_NUMBERING_FACE_H_INCLUDED
#define PL_NUMBERING_FACE_H_INCLUDED

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PL_NUMBERING_FACE     1     /* changes with anything in this file */
#define PL_NUMBERING_DIGITS   15    /* of E.164, which "+" stands before */
#define PL_NUMBERING_TEXT     64    /* bytes of a number in print, and NUL */

/* What it is used for (PhoneNumberUtil::PhoneNumberType). */
typedef enum {
    PL_NUMBERING_UNKNOWN = 0,
    PL_NUMBERING_FIXED_LINE,
    PL_NUMBERING_MOBILE,
    PL_NUMBERING_FIXED_LINE_OR_MOBILE,      /* the plan does not tell them
                                               apart, as that of +1 */
    PL_NUMBERING_TOLL_FREE,
    PL_NUMBERING_PREMIUM_RATE,
    PL_NUMBERING_SHARED_COST,
    PL_NUMBERING_VOIP,
    PL_NUMBERING_PERSONAL,
    PL_NUMBERING_PAGER,
    PL_NUMBERING_UNIVERSAL,                 /* a company's one number */
    PL_NUMBERING_VOICEMAIL
} pl_numbering_kind_e;

/* Its length (PhoneNumberUtil::ValidationResult). */
typedef enum {
    PL_NUMBERING_POSSIBLE = 0,
    PL_NUMBERING_NO_COUNTRY,                /* no such calling code */
    PL_NUMBERING_TOO_SHORT,
    PL_NUMBERING_TOO_LONG,
    PL_NUMBERING_ODD_LENGTH,                /* between two that there are */
    PL_NUMBERING_LOCAL                      /* dialled within a town alone */
} pl_numbering_length_e;

typedef struct {
    pl_numbering_length_e  length;
    bool                   valid;           /* of a range that is in use */
    pl_numbering_kind_e    kind;            /* UNKNOWN unless valid */
    unsigned               code;            /* calling code; 0: none such */
    char                   country[3];      /* ISO 3166-1; empty: of none, or
                                               of several that share a code */
    char                   national[PL_NUMBERING_TEXT];     /* or empty */
    char                   international[PL_NUMBERING_TEXT];
} pl_numbering_facts_t;

/* Which library it is. The texts are static. */
typedef struct {
    const char            *name;
    const char            *version;         /* "8.12", of its file; or empty */
    int64_t                not_after_s;     /* its data is not younger: when
                                               its file was made; 0: unknown */
} pl_numbering_about_t;

typedef enum {
    PL_NUMBERING_OK = 0,
    PL_NUMBERING_NONE,      /* not '+' and 1 to 15 digits */
    PL_NUMBERING_NOMEM,
    PL_NUMBERING_FAILED     /* the library threw something else */
} pl_numbering_status_e;

typedef struct {
    unsigned                version;        /* PL_NUMBERING_FACE */

    pl_numbering_status_e (*about)(pl_numbering_about_t *about);

    /* number: "+31612345678", NUL-terminated. facts are all set, or, but for
       OK, all zero. */
    pl_numbering_status_e (*explain)(const char *number,
        pl_numbering_facts_t *facts);
} pl_numbering_face_t;

#define PL_NUMBERING_SYMBOL  "pl_numbering_face"

typedef const pl_numbering_face_t *(*pl_numbering_face_pt)(void);

#ifdef __cplusplus
}
#endif

#endif /* PL_NUMBERING_FACE_H_INCLUDED */

/*
 * What is answered to a refusal, and to its end: data, by language.
 */

#ifndef PL_STOP_TEXT_H_INCLUDED
#define PL_STOP_TEXT_H_INCLUDED

typedef struct {
    const char  *language;      /* ISO 639-1 */
    const char  *stopped;
    const char  *started;
} pl_stop_text_t;

/*
 * The row of a language, of which what stands behind "_" or "-" does not
 * count; NULL or "", or one that is not there: NULL. Any thread.
 */
const pl_stop_text_t *pl_stop_text(const char *language);

#endif /* PL_STOP_TEXT_H_INCLUDED */

/*
 * What leaves, as people read it: a template with its variables filled, a
 * question with its buttons; and as a script would expect it.
 */

#ifndef PLCTL_SHOW_H_INCLUDED
#define PLCTL_SHOW_H_INCLUDED

#include "world.h"

/*
 * What a message is, in the words of a script's "<": text, buttons, list,
 * url, form, ask_location, template, location, or a file's type.
 */
const char *plctl_show_kind(const Pl__Content *content);

/*
 * Its words: a text, a body above buttons, a caption, a template's body with
 * its variables filled, as far as the world knows the template. "" where it
 * has none. In ctl's arena, or the content's.
 */
const char *plctl_show_words(const plctl_world_t *world,
    const Pl__Content *content);

/* The i-th thing to tap: its id and title. False past the last. */
bool plctl_show_choice(const Pl__Content *content, size_t i,
    const char **id, const char **title);

/* A line of a script that expects it, without its "<". In ctl's arena. */
const char *plctl_show_line(const plctl_world_t *world,
    const Pl__Content *content);

/* As it may look on a phone, with two blanks before each line. */
void plctl_show_message(const plctl_world_t *world, FILE *out,
    const Pl__Content *content);

#endif /* PLCTL_SHOW_H_INCLUDED */

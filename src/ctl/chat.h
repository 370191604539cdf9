/*
 * What chat shows: what has happened since it looked last, and on demand what
 * is known, what is to come, and why.
 */

#ifndef PLCTL_CHAT_H_INCLUDED
#define PLCTL_CHAT_H_INCLUDED

#include "play.h"

typedef struct {
    plctl_play_t    play;
    size_t          seen;       /* events that were shown */
    uint64_t        timer;      /* the newest task that was shown */
    int64_t         timeout_ms; /* when the last timeout was said to be due */
    bool            terminal;   /* somebody sits there */
    bool            failed;     /* a line could not be done */
} plctl_chat_t;

/* Events that were not shown, and tasks that are new. */
void plctl_chat_news(plctl_chat_t *chat);

/*
 * "state", "vars", "tasks", "why", "journal", "now" and "help": shows it.
 * False: it is none of them.
 */
bool plctl_chat_ask(plctl_chat_t *chat, const char *what);

#endif /* PLCTL_CHAT_H_INCLUDED */

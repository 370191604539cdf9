/*
 * What people, agents and programs do in a world (world.h), as the commands
 * that a provider's webhooks and the API become.
 */

#ifndef PLCTL_TALK_H_INCLUDED
#define PLCTL_TALK_H_INCLUDED

#include "../core/zone.h"
#include "world.h"

#define PLCTL_TALK_AGENT  "agent"       /* who takes over */

/* A person of a world. Strings are ctl's. */
typedef struct {
    const char        *name;
    const char        *phone;
    const char        *zone_name;       /* NULL: the tenant's */
    const char        *language;        /* NULL: nobody has said */
    const pl_zone_t   *zone;            /* never NULL: for what is shown */
    pl_party_t         party;           /* party 0: never heard of */
} plctl_person_t;

/*
 * All of these: PL_INVALID where the engine refuses it. What is due at this
 * instant has happened when they return (plctl_world_do).
 */

/* Says what is known of a person, who is made where there is none. */
pl_status_t plctl_talk_know(plctl_world_t *world, plctl_person_t *person,
    pl_err_t *err);

/* They write. */
pl_status_t plctl_talk_say(plctl_world_t *world, plctl_person_t *person,
    const char *text, pl_err_t *err);

/*
 * They tap a button or a row of what was sent to them, by its id or title:
 * the newest that has it. PL_NOTFOUND.
 */
pl_status_t plctl_talk_tap(plctl_world_t *world, plctl_person_t *person,
    const char *id, pl_err_t *err);

/* They hand in a form; json is its answers. */
pl_status_t plctl_talk_form(plctl_world_t *world, plctl_person_t *person,
    const char *json, const char *name, pl_err_t *err);
pl_status_t plctl_talk_place(plctl_world_t *world, plctl_person_t *person,
    const char *latitude, const char *longitude, pl_err_t *err);
pl_status_t plctl_talk_media(plctl_world_t *world, plctl_person_t *person,
    const char *type, const char *caption, pl_err_t *err);

/* They write from an ad. headline may be NULL. */
pl_status_t plctl_talk_referral(plctl_world_t *world,
    plctl_person_t *person, const char *id, const char *text,
    const char *headline, pl_err_t *err);

/* They allow, or forbid, a category in the provider's app. */
pl_status_t plctl_talk_consent(plctl_world_t *world, plctl_person_t *person,
    const char *category, bool granted, pl_err_t *err);

/* An agent takes over, where nobody has, and writes. */
pl_status_t plctl_talk_agent(plctl_world_t *world, plctl_person_t *person,
    const char *text, pl_err_t *err);

/* The business writes in the provider's app. */
pl_status_t plctl_talk_echo(plctl_world_t *world, plctl_person_t *person,
    const char *text, pl_err_t *err);

/* Somebody answers from now on; owner NULL: the bot. */
pl_status_t plctl_talk_owner(plctl_world_t *world, plctl_person_t *person,
    const char *owner, const char *reason, pl_err_t *err);

/* A program tells an event, or begins a flow. One of event and flow. */
typedef struct {
    const char      *event;
    const char      *flow;
    const char      *step;
    Pl__Variable   **variables;
    size_t           n_variables;
} plctl_talk_start_t;

pl_status_t plctl_talk_start(plctl_world_t *world, plctl_person_t *person,
    const plctl_talk_start_t *start, pl_err_t *err);

/* A program sends something. PL_INVALID also where it is refused. */
pl_status_t plctl_talk_send(plctl_world_t *world, plctl_person_t *person,
    Pl__Content *content, bool by_person, pl_err_t *err);

/* Looks whom the engine knows them as. PL_NOTFOUND: nobody yet. */
pl_status_t plctl_talk_find(plctl_world_t *world, plctl_person_t *person,
    pl_err_t *err);

#endif /* PLCTL_TALK_H_INCLUDED */

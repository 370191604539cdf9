/*
 * Which addresses are everybody's. What a provider's answer names may lead
 * anywhere: into this machine, its network, or a cloud's metadata service.
 * Only what the registries of special-purpose addresses (IANA, RFC 6890 and
 * its successors) leave to the public internet may be reached so. Pure.
 */

#ifndef PLS_ADDRESS_H_INCLUDED
#define PLS_ADDRESS_H_INCLUDED

#include <stdbool.h>
#include <sys/socket.h>

/* false for every family but IPv4 and IPv6. */
bool pls_address_public(const struct sockaddr *address);

/* The same of one that is written out; false for what is none. */
bool pls_address_public_text(const char *address);

#endif /* PLS_ADDRESS_H_INCLUDED */

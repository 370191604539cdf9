#!/usr/bin/perl

# Tests for a WhatsApp API that answers what it should not: see
# Parley::Faults.

###############################################################################

use warnings;
use strict;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Faults;

###############################################################################

faults('whatsapp');

###############################################################################

#!/usr/bin/perl

# Tests for Twilio where it answers what it should not: see Parley::Faults.

###############################################################################

use warnings;
use strict;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Faults;

###############################################################################

faults('twilio');

###############################################################################

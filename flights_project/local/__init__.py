"""The whole stack on one machine, from wheels: no database, broker or root account is needed beforehand."""

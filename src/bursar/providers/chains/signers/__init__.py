"""The treasury's signers: a keystore in memory, a hardware module, or one for the hot keys and one for the rest."""

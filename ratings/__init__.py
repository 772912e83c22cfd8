"""The credit bureau: it knows an agency by its unified social credit code alone."""

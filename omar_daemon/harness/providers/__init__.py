"""Model providers behind one interface (`interface`), chosen by model card (`choice`)."""

"""Propensity: who will become a member, who will buy a category, within a horizon."""

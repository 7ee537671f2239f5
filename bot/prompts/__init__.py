"""Reads `prompts/*.j2` and renders them: text for the provider, words for the post.

    source -> front matter (YAML) + body (Jinja) -> compiled texts -> Prompt

`app` builds the one `JinjaPrompts`; pipeline and doors know it as `PromptLibrary`. The caption is
never the prompt, and what a template was rendered with is always recorded.
"""

from bot.prompts.library import JinjaPrompts

__all__ = ["JinjaPrompts"]

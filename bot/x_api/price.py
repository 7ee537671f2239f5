"""What X charges for a post: the quote that is shown, promised and settled by.

Pay-per-use prices by docs.x.com, "Pricing", as read on the day that `PostPrices` names; what a file
says of an account goes before. The bytes of an upload are not billed.
"""

from bot.domain.account import PostPrices
from bot.domain.budget import Item, Part, Quote


def quote(prices: PostPrices, *, has_link: bool, has_alt_text: bool) -> Quote:
    """Return what a post costs by *prices*: its text, and the description of its video.

    The description is charged before the post is sent. X charges for every post that a look at a
    timeline lists, once in a UTC day.
    """
    post = Part(item=Item.POST, usd=prices.post)
    if has_link:
        usd, usual = prices.post_with_link, prices.post
        post = Part(item=Item.POST_WITH_LINK, usd=usd, instead_of=usual if usd > usual else None)
    described = Part(item=Item.ALT_TEXT, usd=prices.alt_text, before=True)
    return Quote(
        parts=(post, described) if has_alt_text else (post,),
        as_of=prices.as_of,
        read=prices.read,
    )

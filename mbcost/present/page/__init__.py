"""The interactive page as one file of HTML. `page.js` and `page.css` are built from `page/` at the top: `make page`."""

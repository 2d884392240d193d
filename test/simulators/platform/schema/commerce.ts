import {
  currency,
  decimal,
  each,
  type FieldTable,
  instant,
  measure,
  oneOf,
  required,
  text,
  under,
  uri,
  uriReference,
  whole,
} from './field.ts';
import { address } from './place.ts';

const returnItem: FieldTable = {
  ...each(text, 'returnStatus', 'returnReason', 'returnItemCondition', 'returnResolution'),
  ...each(whole, 'returnQuantityRequested', 'returnQuantityReceived', 'returnQuantityApproved'),
  // XDM has the field under its misspelt name too.
  ...each(whole, 'returnQuantityAuthorized', 'returnQuanitityAuthorized'),
};

/** A line of a cart or an order; it has a total, and no price of one piece. */
export const productListItem: FieldTable = {
  SKU: required(text),
  _id: uriReference,
  product: uri,
  ...each(text, 'name', 'productImageUrl', 'productAddMethod', 'unitOfMeasureCode'),
  quantity: whole,
  currencyCode: currency,
  ...each(decimal, 'priceTotal', 'discountAmount', 'refundAmount'),
  ...each(required(text), 'selectedOptions[].attribute', 'selectedOptions[].value'),
  ...under(each(text, 'categoryID', 'categoryName', 'categoryPath'), 'productCategories[]'),
  ...under(returnItem, 'returnItem'),
};

const payment: FieldTable = {
  ...each(text, 'transactionID', 'paymentType'),
  paymentAmount: decimal,
  currencyCode: currency,
};

const refund: FieldTable = {
  transactionID: text,
  refundAmount: decimal,
  refundReason: oneOf('return', 'price_adjustment'),
  refundPaymentType: oneOf(
    ...['cash', 'check', 'paypal', 'gift_card', 'wire_transfer'],
    ...['credit_card', 'credit_card_reference', 'debit_card', 'other'],
  ),
  currencyCode: currency,
};

export const order: FieldTable = {
  ...each(text, 'purchaseID', 'purchaseOrderNumber'),
  orderType: oneOf('checkout', 'instant_purchase'),
  currencyCode: currency,
  ...each(decimal, 'priceTotal', 'taxAmount', 'discountAmount', 'refundTotal'),
  ...each(instant, 'createdDate', 'lastUpdatedDate', 'cancelDate'),
  ...under(payment, 'payments[]'),
  ...under(refund, 'refunds[]'),
  ...under(each(text, 'returnID', 'returnStatus', 'purchaseID'), 'returns'),
};

const shipping: FieldTable = {
  ...each(text, 'shippingMethod', 'trackingURL'),
  ...each(decimal, 'shippingAmount', 'trackingNumber'),
  currencyCode: currency,
  shippingDestination: oneOf('home', 'store'),
  shipDate: instant,
  ...under(address, 'address'),
};

/** What was bought, and each step on the way there. */
export const commerce: FieldTable = {
  promotionID: text,
  ...under(order, 'order'),
  ...under(measure, 'productViews', 'productListViews', 'saveForLaters'),
  ...under(measure, 'productListOpens', 'productListReopens', 'productListAdds', 'productListRemovals'),
  ...under(measure, 'cartAbandons', 'checkouts', 'purchases', 'inStorePurchase', 'instantPurchase'),
  ...under(measure, 'requisitionListOpens', 'requisitionListDeletes'),
  ...under(measure, 'requisitionListAdds', 'requisitionListRemovals'),
  ...under(each(text, 'ID', 'name', 'description'), 'requisitionList'),
  ...under(each(text, 'cartID', 'cartSource'), 'cart'),
  ...under(shipping, 'shipping'),
  ...under(address, 'billing.address'),
  ...under(each(text, 'environmentID', 'websiteCode', 'storeCode', 'storeViewCode'), 'commerceScope'),
};
